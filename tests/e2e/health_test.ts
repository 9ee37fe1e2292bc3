import { freePort } from "../support/free_port.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { assertUntouched, look } from "../support/untouched.ts";
import { until } from "../support/until.ts";
import { deployConf, liveTemplate } from "../support/project.ts";
import { isAlive } from "../support/processes.ts";

const UNHEALTHY = {
  mode: "unhealthy",
  lines: ["health: /health", "health_timeout: 3"],
};

Deno.test("a release that isn't healthy fails before the switch, with its last answer", async () => {
  await using site = await Site.classic().deployed();
  const before = await look(site);
  site.configure(UNHEALTHY);
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  assertMatch(
    stderr,
    /\/health isn't healthy on 127\.0\.0\.1:\d+ after \d+ tr(y|ies) in 3 s; last: 503 "not today"/,
  );
  await assertUntouched(site, before);
});

Deno.test("health_status says what is healthy", async () => {
  await using site = Site.classic({
    lines: ["health: /fail", "health_status: 200, 500-503"],
  });
  await site.deploy();
});

Deno.test("a release that dies while it is asked for its health fails at once", async () => {
  await using site = await Site.classic().deployed();
  const before = await look(site);
  site.configure({ lines: ["health: /fail", "health_timeout: 120"] });
  const begin = performance.now();
  const deploy = site.start();
  await until(
    "it serves",
    () => site.exists("web.pid") && site.read("web.pid") !== before.pidFile,
  );
  Deno.kill(Number(site.read("web.pid")), "SIGKILL");
  const { code, stderr } = await deploy.outcome();
  const seconds = (performance.now() - begin) / 1000;
  assertEquals(code, 1, stderr);
  assert(seconds < 60, `it took ${seconds} s`);
  assertMatch(stderr, /web didn't start: /);
  await assertUntouched(site, before);
});

/** A deploy.conf that asks for a path through nginx after the switch. */
function verifying(site: Site, path: string): string {
  const url = `http://127.0.0.1:${site.port}${path}`;
  return deployConf({
    port: "file",
    deploy: [`verify: ${url}`, "verify_timeout: 1"],
  });
}

Deno.test("a deploy that nginx doesn't verify is switched back without a failed request", async () => {
  await using site = await Site.classic().deployed();
  const old = await site.pidAt();
  const before = {
    conf: site.read("nginx.conf"),
    pidFile: site.read("web.pid"),
    processes: site.processes().length,
  };
  site.write("deploy.conf", verifying(site, "/fail"));
  await using clients = await site.load({ keepAlive: false, clients: 5 });
  const { code, stderr } = await site.zdd();
  await clients.stopWithoutFailure();

  assertEquals(code, 1, stderr);
  assertMatch(
    stderr,
    /\/fail didn't succeed through nginx within 1 s; last: 503 "not today"/,
  );
  assertMatch(stderr, /nginx: reloaded/);
  assertEquals(await site.pidAt(), old);
  assertEquals(site.read("nginx.conf"), before.conf);
  assertEquals(site.read("web.pid"), before.pidFile);
  const [, started] = /web: started (\d+)/.exec(stderr) ?? [];
  assertEquals(isAlive(Number(started)), false);
  await site.untilCount(before.processes);

  site.write("deploy.conf", verifying(site, "/"));
  const good = await site.deploy();
  assertMatch(good.stderr, /nginx: verified http/);
  assertMatch(good.stderr, new RegExp(`web: stopped ${old}`));
});

Deno.test("a first deploy that nginx doesn't verify leaves nothing", async () => {
  await using site = Site.classic();
  site.write("deploy.conf", verifying(site, "/fail"));
  const { code } = await site.zdd();
  assertEquals(code, 1);
  await site.untilProcesses([]);
  assertEquals(site.exists("nginx.conf"), false);
});

Deno.test("an nginx that a deploy has started stays when that is undone, for the old instance", async () => {
  await using site = await Site.classic().deployed();
  const old = await site.pidAt();
  Deno.kill(Number(site.read("nginx.pid")), "SIGQUIT");
  await until("nginx is gone", () => !site.exists("nginx.pid"));
  site.write("deploy.conf", verifying(site, "/fail"));
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /^nginx: started /m);
  assertEquals(await site.pidAt(), old);
});

Deno.test("a health failure tells the last answer in one line, the tries and the time", async () => {
  await using site = Site.live({
    lines: ["health: /fail", "health_timeout: 600ms"],
  });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  const [, address, tries] =
    /web didn't start: \/fail isn't healthy on (\S+) after (\d+) tries in 600 ms; last: 503 "not today"/
      .exec(stderr) ?? [];
  assertMatch(address ?? stderr, /^127\.0\.0\.1:\d+$/);
  // Each try waits longer than the one before, from 25 ms up.
  assertEquals(Number(tries) > 2 && Number(tries) < 30, true, stderr);
  await site.untilProcesses([]);
});

Deno.test("a health failure tells why nobody could be asked", async () => {
  const port = freePort();
  await using site = Site.live({
    lines: [
      `health: http://127.0.0.1:${port}/`,
      "health_timeout: 300ms",
    ],
  });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    new RegExp(
      `http://127.0.0.1:${port}/ isn't healthy on \\S+ after \\d+ tries in ` +
        "300 ms; last: .*ECONNREFUSED|refused",
    ),
  );
});

Deno.test("health is asked for on each instance's own socket", async () => {
  await using site = Site.live({
    port: "socket",
    lines: ["instances: 2", "health: /fail", "health_status: 503"],
  });
  await site.deploy();
  await site.pidAt();
});

Deno.test("a live deploy that nginx doesn't verify is switched back, port: detect", async () => {
  const port = "detect";
  await using site = Site.live({ port });
  await site.deploy();
  const before = await site.pidAt();
  const verify = `verify_timeout: 1\nverify: http://127.0.0.1:${site.port}`;
  site.configure({ port, deploy: [`${verify}/fail`] });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(stderr, /\/fail didn't succeed.*; last: 503/);
  assertEquals(await site.pidAt(), before);

  site.configure({ port, deploy: [`${verify}/`] });
  const good = await site.deploy();
  assertMatch(good.stderr, /verified http/);
  assertMatch(good.stderr, new RegExp(`web: stopped ${before}`));
});

for (const choice of ["in the server", "in the location"]) {
  Deno.test(`an instance that hangs up isn't verified by the answer of the one before it, chosen ${choice}`, async () => {
    const template = choice === "in the server"
      ? liveTemplate()
      : liveTemplate({ chosen: [] });
    await using site = Site.live({ template, lines: ["standby: yes"] });
    await site.deploy();
    const before = await site.pidAt("/page");
    const url = `http://127.0.0.1:${site.port}/page`;
    const deploy = [`verify: ${url}`, "verify_timeout: 1"];
    site.configure({ mode: "hangs-up", lines: ["standby: yes"], deploy });
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /\/page didn't succeed.*; last: 502/);
    assertEquals(await site.pidsAt("/page"), [before]);

    site.configure({ lines: ["standby: yes"], deploy });
    await site.deploy();
    assertEquals(await site.pidsAt("/page"), await site.pidsOf("serving"));
  });
}
