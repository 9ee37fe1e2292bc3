import { assertEquals } from "@std/assert";
import { servicesWithoutHttp } from "../../lib/live/spoken.ts";
import { Template } from "../../lib/template/template.ts";
import { ConfDir, NGINX } from "../config/conf_dir.ts";

/** The services `web`, `api` and, on a socket, `sock` that this template speaks no HTTP with. */
function without(template: string): string[] {
  using directory = new ConfDir(
    NGINX,
    ...["web", "api", "sock"].map((name) =>
      `[service:${name}]\nstart: x\nport: ${
        name === "sock" ? "socket" : "env"
      }\n`
    ),
  );
  const { directory: path } = directory.config();
  const file = new Template(`${path}/nginx.conf.template`, template);
  return [...servicesWithoutHttp(file, directory.config(), () => "1.28.0")];
}

Deno.test("servicesWithoutHttp() knows the protocol of it.live.pass", () => {
  const template = (protocol: string) =>
    "http { <%= it.live.upstreams() %> server { location / { " +
    `<%= it.live.pass("web", { protocol: "${protocol}" }) %> } } }`;
  for (const protocol of ["fastcgi", "uwsgi", "scgi", "grpc", "https"]) {
    assertEquals(without(template(protocol)), ["web"], protocol);
  }
  assertEquals(without(template("http")), []);
});

Deno.test("servicesWithoutHttp() knows nginx's own directives, upstreams between", () => {
  const seen: Record<string, string[]> = {
    "location / { proxy_pass http://127.0.0.1:{web}; }": [],
    "location / { proxy_pass http://127.0.0.1:{web}/a; }": [],
    "location / { fastcgi_pass 127.0.0.1:{web}; }": ["web"],
    "location / { uwsgi_pass {sock}; }": ["sock"],
    "location / { proxy_pass https://127.0.0.1:{web}; }": ["web"],
    "location / { grpc_pass grpc://127.0.0.1:{web}; }": ["web"],
    "location / { proxy_pass http://127.0.0.1:{web}; } location /f { fastcgi_pass 127.0.0.1:{web}; }":
      [],
    'upstream app { <%= it.servers("web") %> } server { location / { scgi_pass app; } }':
      ["web"],
    "upstream app { server 127.0.0.1:{web}; } server { location / { proxy_pass http://app; } }":
      [],
    "stream { upstream app { server 127.0.0.1:{api}; } server { proxy_pass app; } }":
      ["api"],
    "nothing is passed": [],
  };
  for (const [template, expected] of Object.entries(seen)) {
    assertEquals(without(`${template}`), expected, template);
  }
});
