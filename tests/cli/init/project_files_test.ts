import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  confText,
  type Site,
  templateText,
} from "../../../lib/cli/init/project_files.ts";
import { LIVE_CONF, LIVE_TEMPLATE } from "../../../lib/cli/init/texts.ts";
import { readConfig } from "../../../lib/config/read_config.ts";
import { TempDir } from "../../system/temp_dir.ts";

const SITE: Site = {
  name: "web",
  start: "node server.js",
  listen: 8003,
  template: "nginx.conf.template",
};
const SYSTEM: Site = {
  ...SITE,
  name: "shop",
  template: "/etc/nginx/conf.d/shop.conf.template",
  conf: "/etc/nginx/nginx.conf",
};

/** deploy.conf as zdd reads it, whose template is where it should be. */
function read(site: Site) {
  using directory = new TempDir();
  directory.write("nginx.conf.template");
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
  assertEquals([web?.name, web?.start, web?.port], ["web", SITE.start, "env"]);
  assertEquals(nginx.conf, nginx.rendered);
  const socket = read({ ...SITE, start: "date +%s; ./serve {socket}" });
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
  assert(templateText(site).includes(" /var/lib/zdd/shop/nginx-temp;"));
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
    templateText({ ...SITE, listen: 80 }).includes("\n        listen 80;"),
  );
});

Deno.test("confText() has a server's own settings below its start", () => {
  const text = confText({ ...SITE, settings: ["# why", "keepalive: 0"] });
  assertStringIncludes(text, `start: ${SITE.start}\n# why\nkeepalive: 0\n`);
});
