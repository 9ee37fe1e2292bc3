import { assert, assertEquals, assertThrows } from "@std/assert";
import { templateNames } from "../../lib/live/template_names.ts";
import { renderTemplate } from "../../lib/live/render.ts";
import { Template } from "../../lib/template/template.ts";
import { ConfDir, NGINX, WEB } from "../config/conf_dir.ts";

/** Renders a template with the names of a deploy.conf that has a service web. */
function render(
  text: string,
  { addresses = [], version = () => "1.22.1", lines = "" }: {
    addresses?: string[];
    version?: () => string;
    lines?: string;
  } = {},
): string {
  using directory = new ConfDir(NGINX, WEB + lines);
  const current = addresses.map((address) => ({ address }));
  const { names } = templateNames(directory.config(), {
    web: { current },
  }, version);
  return new Template("x", text).render(names)
    .replaceAll(directory.path, "DIR");
}

Deno.test("templateNames() gives a service's port by its name", () => {
  const addresses = ["127.0.0.1:4711"];
  assertEquals(render("{web}", { addresses }), "4711");
  assertEquals(render("<%= it.web %>", { addresses }), "4711");
});

Deno.test("templateNames() gives the path of a service on a unix socket", () => {
  const addresses = ["unix:/run/web"];
  assertEquals(render("{web}", { addresses }), "unix:/run/web");
});

Deno.test("templateNames() gives whole addresses under services", () => {
  const addresses = ["127.0.0.1:4711", "127.0.0.1:4712"];
  assertEquals(
    render("<%= it.services.web.address %>", { addresses }),
    "127.0.0.1:4711",
  );
  assertEquals(
    render("<%= it.services.web.addresses.join() %>", { addresses }),
    "127.0.0.1:4711,127.0.0.1:4712",
  );
});

Deno.test("templateNames() gives the servers of an upstream", () => {
  const addresses = ["127.0.0.1:4711", "unix:/run/web"];
  assertEquals(
    render("<%= it.servers('web') %>", { addresses }),
    "server 127.0.0.1:4711; server unix:/run/web;",
  );
  assertThrows(
    () => render("<%= it.servers('wep') %>"),
    Error,
    'There is no service "wep"',
  );
});

Deno.test("templateNames() has no port for a service with several instances, and says what to write", () => {
  const lines = "instances: 2\n";
  using directory = new ConfDir(
    NGINX,
    WEB.replace("web.pid", "{instance}.pid") + lines,
  );
  const { names } = templateNames(directory.config(), {}, () => "1.0.0");
  assertThrows(
    () => new Template("x", "{web}").render(names),
    Error,
    '<%= it.servers("web") %>',
  );
});

Deno.test("templateNames() gives nginx's pid file and the template's directory", () => {
  assertEquals(
    render("{nginx_pid_filename} {project_dir}"),
    "DIR/n.pid DIR",
  );
});

Deno.test("templateNames() has an address for a service that doesn't run yet, which nginx accepts", () => {
  assert(Number(render("{web}")) >= 1);
});

Deno.test("templateNames() asks nginx for its version only when the template does", () => {
  let asked = 0;
  const version = () => (asked++, "1.22.1");
  render("{web}", { version });
  assertEquals(asked, 0);
  assertEquals(render("<%= it.nginx.version %>", { version }), "1.22.1");
  const atLeast = "<%= it.nginx.atLeast('1.25.1') %>";
  assertEquals(render(atLeast, { version }), "false");
  assertEquals(render(atLeast, { version: () => "1.27.4" }), "true");
});

Deno.test("renderTemplate() tells which services the template uses nowhere", () => {
  const api = "[service:api]\nstart: ./api\nport: env\n";
  const jobs = "[service:jobs]\nstart: ./jobs\nport: none\n";
  using directory = new ConfDir(NGINX, WEB, api, FIXED, jobs);
  const unused = (text: string) =>
    renderTemplate(
      new Template("x", text),
      directory.config(),
      {},
      () => "1.22.1",
    ).unused;
  assertEquals(unused(""), ["web", "api"]);
  assertEquals(unused("{web};"), ["api"]);
  assertEquals(unused("<%= it.servers('web') %>"), ["api"]);
  assertEquals(unused("<%= it.services.api.address %>"), ["web"]);
  const all =
    "<% for (const s of Object.values(it.services)) { %><%= s.address %>;<% } %>";
  assertEquals(unused(all), []);
  const live = "http { <%= it.live.upstreams() %> server { " +
    '<%= it.live.choose("web", "api") %> ' +
    'location / { <%= it.live.pass("web") %> } } }';
  assertEquals(unused(live), ["api"]);
});

const FIXED = "[service:db]\nstart: ./db\nport: 5432\n";

Deno.test("templateNames() has no address of a worker, in any way to ask for it", () => {
  const lines = "\n[service:jobs]\nport: none\nstart: ./jobs\n";
  for (
    const text of [
      "{jobs}",
      "<%= it.jobs %>",
      "<%= it.services.jobs.address %>",
      "<%= it.servers('jobs') %>",
      "<%= it.live.pass('jobs') %>",
      "<%= it.live.choose('jobs') %>",
    ]
  ) {
    assertThrows(
      () => render(text, { lines }),
      Error,
      "jobs has no address that requests could be passed to: it is a worker",
    );
  }
});
