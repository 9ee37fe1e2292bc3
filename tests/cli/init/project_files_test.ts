import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import {
  confText,
  type Site,
  type SiteService,
  templateText,
} from "../../../lib/cli/init/project_files.ts";
import type { Server } from "../../../lib/cli/init/kind.ts";
import { LIVE_CONF, LIVE_TEMPLATE } from "../../../lib/cli/init/texts.ts";
import { readConfig } from "../../../lib/config/read_config.ts";
import { TempDir } from "../../system/temp_dir.ts";

const SITE: Site = siteOf({ start: "node server.js" });
const SYSTEM: Site = {
  ...siteOf({ start: "node server.js" }, "shop"),
  template: "/etc/nginx/conf.d/shop.conf.template",
  conf: "/etc/nginx/nginx.conf",
};

function siteOf(server: Server, name = "web", ...more: SiteService[]): Site {
  return {
    services: [{ name, server }, ...more],
    listen: "8003",
    url: "http://localhost:8003/",
    template: "nginx.conf.template",
  };
}

/** deploy.conf as zdd reads it, whose template is where it should be. */
function read(site: Site) {
  using directory = new TempDir();
  directory.write("nginx.conf.template");
  directory.write("api/server");
  const text = confText(site).replace(site.template, "nginx.conf.template");
  const { config, diagnostics } = readConfig(directory.write("d.conf", text));
  diagnostics.throwIfAny();
  return config;
}

Deno.test("the sample's own site gets the sample's own files", () => {
  assertEquals(confText(SITE), LIVE_CONF);
  assertEquals(templateText(SITE), LIVE_TEMPLATE);
});

Deno.test("confText() says how the server is started, and how it gets its address", () => {
  const { services: [web], nginx } = read(SITE);
  assertEquals([web?.name, web?.start, web?.port], [
    "web",
    "node server.js",
    "env",
  ]);
  assertEquals(nginx.conf, nginx.rendered);
  const socket = read(siteOf({ start: "date +%s; ./serve {socket}" }));
  assertEquals(socket.services[0]?.port, "socket");
  assertEquals(socket.services[0]?.start, "date +%s; ./serve {socket}");
});

Deno.test("confText() of the system's nginx names its main configuration", () => {
  const { nginx, services } = read(SYSTEM);
  assertEquals(nginx.conf, "/etc/nginx/nginx.conf");
  assertEquals(nginx.pidFile, "/run/nginx.pid");
  assertEquals(services[0]?.name, "shop");
});

Deno.test("confText() and templateText() keep away from a directory that nginx can't enter", () => {
  const site = { ...SITE, stateDir: "/var/lib/zdd/shop" };
  assertEquals(read(site).stateDir, "/var/lib/zdd/shop");
  assert(!templateText(site).includes("{project_dir}/nginx-temp"));
  assert(templateText(site).includes(' "/var/lib/zdd/shop/nginx-temp";'));
});

Deno.test("templateText() of the system's nginx has only what stands at http level", () => {
  const text = templateText(SYSTEM);
  for (const directive of ["pid", "events", "http", "proxy_temp_path"]) {
    assert(!new RegExp(`^ *${directive} `, "m").test(text), directive);
  }
  assert(/^<%= it\.live\.upstreams\(\) %>$/m.test(text), text);
  assert(/^server \{$/m.test(text));
  assert(text.includes('<%= it.live.pass("shop") %>'));
  assertEquals(
    text.replace(/#.*/g, "").replace(/[^{}]/g, "").replaceAll("{}", ""),
    "{}",
    "server { location {} }",
  );
});

Deno.test("templateText() has nginx listen where it should", () => {
  assert(
    templateText({ ...SITE, listen: "127.0.0.1:80" })
      .includes("\n        listen 127.0.0.1:80;"),
  );
});

Deno.test("confText() has a server's own settings below its start, and its environment", () => {
  const start = "date +%s";
  const settings = ["# why", "keepalive: 0", "health: /up"];
  const site = siteOf({ start, settings, env: ["A=100%", "B=2"] });
  assertStringIncludes(
    confText(site),
    `start: date +%%s\n# why\nkeepalive: 0\nhealth: /up\nenv: A=100%%\n  B=2\n\n`,
  );
  const { services } = read(site);
  assertEquals(services[0]?.env, { A: "100%", B: "2" });
  assertEquals(services[0]?.health, "/up");
  assert(!/^health: \/\n|^# env: /m.test(confText(site)));
});

Deno.test("confText() and templateText() have a section and a location for each service", () => {
  const api = { start: "./api {socket}", build: "make api", env: ["X=1"] };
  const site = siteOf({ start: "node web.js", build: "make" }, "web", {
    name: "api",
    directory: "api",
    server: api,
  });
  const { services, beforeStart } = read(site);
  assertEquals(
    services.map(({ name, port, start }) => [name, port, start]),
    [["web", "env", "node web.js"], ["api", "socket", "./api {socket}"]],
  );
  assert(services[1]?.cwd.endsWith("/api"));
  assertEquals(beforeStart, "make\n(cd api && make api)");
  const text = templateText(site);
  assertStringIncludes(text, 'it.live.choose("web", "api")');
  assertMatch(text, /location \/ \{[^]*?pass\("web"\)[^]*?\n {8}\}/);
  assertMatch(text, /location \/api\/ \{[^]*?pass\("api"\)[^]*?\n {8}\}/);
});

Deno.test("templateText() speaks FastCGI with PHP, and has nginx send files that are public", () => {
  const php = (root: string, isPublic: boolean) =>
    templateText(siteOf({ start: "php-fpm", php: { root, isPublic } }));
  const { services, verify } = read(
    siteOf({ start: "php-fpm", php: { root: ".", isPublic: false } }),
  );
  assertEquals(services[0]?.health, undefined);
  assertEquals(verify, "http://localhost:8003/");
  const own = php("public", true);
  assertStringIncludes(own, 'root "{project_dir}/public";');
  assertMatch(own, /location ~ \\\.php\$ \{[^]*?protocol: "fastcgi"/);
  const one = php(".", false);
  assertStringIncludes(one, 'SCRIPT_FILENAME "{project_dir}/index.php";');
  assert(!/^ *root /m.test(one), "nothing of the project's directory is sent");
});

Deno.test("templateText() has no path in it that nginx takes for something else", () => {
  const stateDir = "/var/lib/zdd/x";
  const site = { ...SITE, stateDir, isOdd: true };
  assert(!/^[^#]*\{project_dir\}/m.test(templateText(site)));
  assertEquals(read(site).nginx.pidFile, `${stateDir}/nginx.pid`);
});
