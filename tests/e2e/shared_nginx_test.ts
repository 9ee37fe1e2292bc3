import { assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { serviceSection } from "../support/project.ts";
import { until } from "../support/until.ts";

/** An nginx that takes its time to test a configuration. */
const SLOW = `#!/bin/sh
[ "$1" = -t ] || exec nginx "$@"
cd "$(dirname "$0")"
touch testing
until [ -e "go on" ]; do sleep 0.05; done
exec nginx "$@"
`;

/** Two projects behind one nginx, whose configuration includes what each of them renders. */
function sharedSite(): Site {
  const main = `\
pid {DIRECTORY}/nginx.pid;
error_log {DIRECTORY}/error.log;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path {DIRECTORY}/nginx-temp;
    proxy_temp_path {DIRECTORY}/nginx-temp;
    fastcgi_temp_path {DIRECTORY}/nginx-temp;
    uwsgi_temp_path {DIRECTORY}/nginx-temp;
    scgi_temp_path {DIRECTORY}/nginx-temp;
    include {DIRECTORY}/*/site.conf;
}
`;
  const site = Site.create({
    "one/site.conf.template": `\
<%= it.live.upstreams() %>
server { listen 127.0.0.1:%PORT%; location / { <%= it.live.pass("one") %> } }
`,
    "two/site.conf.template": `\
<%= it.live.upstreams() %>
server { listen unix:{project_dir}/sock; location / { <%= it.live.pass("two") %> } }
`,
  });
  site.write("main.conf", main.replaceAll("{DIRECTORY}", site.directory));
  for (const name of ["one", "two"]) {
    const nginx = [
      "[nginx]",
      "template: site.conf.template",
      "conf: ../main.conf",
      "pid_file: ../nginx.pid",
    ];
    site.write(`${name}/deploy.conf`, nginx.join("\n") + "\n");
    addTo(site, `${name}/deploy.conf`, serviceSection({ name }));
  }
  return site;
}

Deno.test("a deploy waits while another tests what nginx refuses, and isn't refused with it", async () => {
  await using site = sharedSite();
  const conf = (name: string) => ["--conf", site.path(`${name}/deploy.conf`)];
  await site.deploy(...conf("two"));
  await site.deploy(...conf("one"));
  addTo(site, "two/site.conf.template", "nonsense;\n");
  addTo(site, "one/site.conf.template", "# which takes a reload\n");
  const nginx = site.path("nginx.sh");
  site.write("nginx.sh", SLOW);
  Deno.chmodSync(nginx, 0o755);
  site.write(
    "two/deploy.conf",
    site.read("two/deploy.conf").replace(
      "[nginx]\n",
      `[nginx]\ncommand: ${nginx}\n`,
    ),
  );

  const bad = site.start(...conf("two"));
  await until("its file is tested", () => site.exists("testing"));
  const good = site.start(...conf("one"));
  await good.printed("one: started");
  // Long enough for one that doesn't wait to be refused.
  await new Promise((resolve) => setTimeout(resolve, 500));
  site.write("go on", "");
  const { code, stderr } = await good.outcome();
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /^nginx: reloaded \d+/m);
  const refused = await bad.outcome();
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /unknown directive "nonsense"/);
  assertEquals(site.read("two/site.conf").includes("nonsense"), false);
});

function addTo(site: Site, file: string, text: string): void {
  site.write(file, site.read(file) + text);
}
