import { assert, assertEquals, assertMatch } from "@std/assert";
import { deployConf } from "../support/project.ts";
import { Site } from "../support/site.ts";
import type { RunningCommand } from "../support/running_command.ts";
import { until } from "../support/until.ts";
import { assertUntouched, look } from "../support/untouched.ts";
import { isAlive } from "../support/processes.ts";

/** A release that won't be up before the test has done what it wants. */
const SLOW = deployConf({
  port: "file",
  mode: "delay:600000",
  lines: ["start_timeout: 900"],
});

/** Begins a deploy of such a release; returns when its process runs. */
async function beginSlowDeploy(site: Site): Promise<RunningCommand> {
  site.write("deploy.conf", SLOW);
  const log = ".zdd/log/web.log";
  const deploy = site.start();
  await until(
    "the release begins",
    () => site.exists(log) && site.read(log).includes("delay:600000, begins"),
  );
  return deploy;
}

Deno.test("SIGINT during the start is undone", async () => {
  await using site = await Site.classic().deployed();
  const before = await look(site);
  const deploy = await beginSlowDeploy(site);
  deploy.kill("SIGINT");
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 1, stderr);
  assertMatch(
    stderr,
    /^zddeploy: Interrupted by SIGINT$/m,
  );
  await assertUntouched(site, before);
  assertEquals(site.exists(".zdd/journal.json"), false);

  site.configure();
  await site.deploy();
  assert(await site.pidAt() !== before.instance);
});

Deno.test("an interrupted first deploy leaves nothing", async () => {
  await using site = Site.classic();
  const deploy = await beginSlowDeploy(site);
  deploy.kill("SIGINT");
  const { code } = await deploy.outcome();
  assertEquals(code, 1);
  await site.untilProcesses([]);
  assertEquals(site.exists("nginx.conf"), false);
});

Deno.test("SIGTERM between the switch and the commit is undone", async () => {
  await using site = await Site.classic().deployed();
  const before = await look(site);
  const verify = `verify: http://127.0.0.1:${site.port}/slow?600000`;
  site.configure({ deploy: [verify] });
  const deploy = site.start();
  await deploy.printed("nginx: reloaded");
  assert(await site.pidAt() !== before.instance);
  deploy.kill("SIGTERM");
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /^zddeploy: Interrupted by SIGTERM$/m);
  assertEquals(await site.pidAt(), before.instance);
  assertEquals(site.read("nginx.conf"), before.conf);
  assertEquals(site.read("web.pid"), before.pidFile);
  await site.untilCount(before.processes.length);
});

Deno.test("SIGTERM behind the commit doesn't stop the deploy half-way", async () => {
  await using site = await Site.classic({ lines: ["drain_timeout: 600"] })
    .deployed();
  const old = await site.pidAt();
  const { slow, deploy } = await drainingDeploy(site);
  deploy.kill("SIGTERM");
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 0, stderr);
  assertEquals(await slow, old);
  assertEquals(isAlive(old), false);
});

Deno.test("a first deploy that is killed during the start leaves no orphan to the next", async () => {
  await using site = Site.classic();
  const deploy = await beginSlowDeploy(site);
  deploy.kill("SIGKILL");
  await deploy.outcome();
  const [orphan] = site.processes();
  assert(orphan !== undefined);
  site.configure();
  await site.deploy();
  assertEquals(isAlive(orphan), false);
  await site.pidAt();
});

Deno.test("a deploy that is killed during the drain is finished by the next", async () => {
  await using site = await Site.classic({ lines: ["drain_timeout: 600"] })
    .deployed();
  const old = await site.pidAt();
  const { slow, deploy } = await drainingDeploy(site);
  deploy.kill("SIGKILL");
  await deploy.outcome();
  const current = await site.pidAt();
  assert(current !== old);

  const { stderr } = await site.deploy();
  assertEquals(await slow, old);
  assertMatch(stderr, new RegExp(`web: stopped ${old}`));
  assertMatch(stderr, new RegExp(`web: stopped ${current}`));
  assertEquals([isAlive(old), isAlive(current)], [false, false]);
});

/** A deploy that waits behind its commit for a slow request to the old instance. */
async function drainingDeploy(site: Site) {
  const slow = site.slowPid(3000);
  await site.untilSlow(1);
  const deploy = site.start();
  await deploy.printed("nginx: reloaded");
  await until("it is committed", () => !site.exists(".zdd/journal.json"));
  return { slow, deploy };
}
