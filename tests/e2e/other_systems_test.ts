import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { COMMANDS } from "../../lib/commands/commands.ts";
import { Site } from "../support/site.ts";

// zddeploy from the source, as on macOS and Windows: see ../support/other_system.ts for
// what that can tell and what it can't.

const PRELOAD = fromFileUrl(
  new URL("../support/other_system.ts", import.meta.url),
);
const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
const SERVER = Deno.readTextFileSync(
  fromFileUrl(new URL("../../samples/live/server.js", import.meta.url)),
);

/** Runs zddeploy in a site as on a system. */
async function zddOn(system: string, site: Site, ...args: string[]) {
  return await site.run(
    ...["env", `ZDD_TEST_SYSTEM=${system}`, Deno.execPath(), "run", "-A"],
    ...["--no-lock", "--no-code-cache", "--preload", PRELOAD, MAIN, ...args],
  );
}

const NAMES: Record<string, string> = { darwin: "macOS", windows: "Windows" };

for (const [system, name] of Object.entries(NAMES)) {
  Deno.test(`on ${name}, init, check and render work, and what they write deploys on Linux`, async () => {
    await using site = Site.create({ "server.js": SERVER });
    const zdd = (...args: string[]) => zddOn(system, site, ...args);
    const init = await zdd("init", "--listen", String(site.port));
    assertEquals(init.code, 0, init.stderr);
    assertStringIncludes(init.stderr, "next: zddeploy check; then zddeploy on");
    for (const file of ["deploy.conf", "nginx.conf.template"]) {
      assert(!site.read(file).includes(site.directory), site.read(file));
      assert(!site.read(file).includes("\\root"), site.read(file));
    }
    const check = await zdd("check");
    assertEquals(check.code, 0, check.stderr);
    assertEquals(
      check.stderr,
      "note: there is no nginx here, so nginx hasn't tested the template\n" +
        "deploy.conf: no mistakes\n",
    );
    const render = await zdd("render");
    assertEquals([render.code, render.stderr], [0, ""]);
    assertStringIncludes(render.stdout, "/.zdd/live");
    assert(!render.stdout.includes("\\tmp"), render.stdout);
    await site.deploy();
    assertEquals((await site.get()).status, 200);
  });

  Deno.test(`on ${name}, check finds mistakes, and asks for nothing that only the server has`, async () => {
    await using site = Site.create({
      "nginx.conf.template": "events {}\n# {web}\n",
      "deploy.conf": `[nginx]
template: nginx.conf.template
pid_file: /run/app/nginx.pid
[service:web]
port: env
start: gunicorn --bind 127.0.0.1:{port} app:app
cwd: /srv/app/current
env_file: /etc/app/env
user: www-data
supervisor: systemd
`,
    });
    const good = await zddOn(system, site, "check");
    assertEquals(good.code, 0, good.stderr);
    assert(!good.stderr.includes("warning"), good.stderr);
    site.write("nginx.conf.template", "events {}\n# <%= it.wbe %>\n");
    const bad = await zddOn(system, site, "check");
    assertEquals(bad.code, 2, bad.stderr);
    assertStringIncludes(bad.stderr, "nginx.conf.template:2: ");
  });

  Deno.test(`on ${name}, help, --version and completion work, and all else says in a line what helps`, async () => {
    await using site = Site.create();
    for (const args of [["help"], ["--version"], ["completion", "bash"]]) {
      const { code, stderr } = await zddOn(system, site, ...args);
      assertEquals([code, stderr], [0, ""], args.join(" "));
    }
    const others = COMMANDS.filter(({ anywhere }) => !anywhere);
    assert(others.length > 8);
    const outcomes = await Promise.all(
      others.slice(0, 4).map(async (command) => ({
        command: command.name,
        outcome: await zddOn(
          system,
          site,
          ...[command.name, ...(command.words ?? []).map(() => "1")],
        ),
      })),
    );
    for (const { command, outcome: { code, stderr } } of outcomes) {
      assertEquals(code, 2);
      assertEquals(
        stderr,
        `zddeploy: zddeploy ${command} needs Linux, and this is ${name}\n` +
          "hint: run it on the server, or in WSL or a virtual machine; check, " +
          "render, init, completion and help work here\n",
      );
    }
  });
}

Deno.test("on macOS with nginx, check lets nginx test the template", async () => {
  await using site = Site.live();
  const check = (site: Site) =>
    site.run(
      ...["env", "ZDD_TEST_SYSTEM=darwin", "ZDD_TEST_NGINX=1"],
      ...[Deno.execPath(), "run", "-A", "--no-lock", "--no-code-cache"],
      ...["--preload", PRELOAD, MAIN, "check"],
    );
  const good = await check(site);
  assertEquals(good.code, 0, good.stderr);
  assert(!good.stderr.includes("no nginx here"), good.stderr);
  const text = site.read("nginx.conf.template");
  site.write("nginx.conf.template", text.replace("listen", "lisen"));
  const bad = await check(site);
  assertEquals(bad.code, 1, bad.stderr);
  assertStringIncludes(bad.stderr, 'unknown directive "lisen"');
});
