import { assert, assertEquals } from "@std/assert";
import { Nginx } from "../../lib/nginx/nginx.ts";
import { passedAddresses } from "../../lib/nginx/passed.ts";
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
