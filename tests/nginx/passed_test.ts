import { assert, assertEquals } from "@std/assert";
import { Nginx } from "../../lib/nginx/nginx.ts";
import { listenedAddresses, passedAddresses } from "../../lib/nginx/passed.ts";
import { freePort } from "../support/free_port.ts";
import { RealNginx } from "./real_nginx.ts";

Deno.test("passedAddresses() are the ports to which an nginx that runs passes requests, in files that it includes too", async () => {
  await using real = new RealNginx();
  const [direct, included, none] = [freePort(), freePort(), freePort()];
  real.directory.write(
    "site/more.conf",
    `location /more { fastcgi_pass localhost:${included}; }`,
  );
  real.write(`
    # proxy_pass http://127.0.0.1:${none};
    location / { proxy_pass http://127.0.0.1:${direct}/path; }
    include more.conf;
  `);
  await new Nginx(real.config, real.stateDir).start();
  const found = passedAddresses();
  assert(found.has(`127.0.0.1:${direct}`));
  assert(found.has(`127.0.0.1:${included}`));
  assertEquals(found.has(`127.0.0.1:${none}`), false);
});

Deno.test("listenedAddresses() are the ports of every listen, whatever host it names", () => {
  const text = `
    events {}
    stream { server { listen 25; } }
    http {
      server { listen 8080 default_server; listen [::]:8081; server 1.2.3.4:99; }
      server { listen 127.0.0.1:8082 ssl; listen unix:/run/x.sock; listen *:8083; }
    }`;
  assertEquals(
    [...listenedAddresses(text)].sort(),
    ["25", "8080", "8081", "8082", "8083"].map((port) => `127.0.0.1:${port}`),
  );
  assertEquals(listenedAddresses("server { listen 80;").size, 0);
});
