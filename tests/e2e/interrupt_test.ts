import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Site, until } from "../support/site.ts";
import { RunningDeploy } from "./running_deploy.ts";
import { assertNothingFailed, isAlive, pidAt } from "../support/live_site.ts";
import {
  assertUntouched,
  deployedWebSite,
  look,
  slowlyAnsweringPid,
  startClients,
  untilCount,
  untilProcesses,
  webConf,
  webSite,
} from "./web_site.ts";

/** A release that won't be up before the test has done what it wants. */
const SLOW = webConf({ mode: "delay:600000", service: ["start_timeout: 900"] });

/** Begins a deploy of such a release; returns when its process runs. */
async function beginSlowDeploy(site: Site): Promise<RunningDeploy> {
  site.write("deploy.conf", SLOW);
  const log = ".zdd/log/web.log";
  const deploy = new RunningDeploy(site);
  await until(
    "the release begins",
    () => site.exists(log) && site.read(log).includes("delay:600000, begins"),
  );
  return deploy;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`${signal} during the start is undone`, async () => {
    await using site = await deployedWebSite();
    const before = await look(site);
    const deploy = await beginSlowDeploy(site);
    deploy.kill(signal);
    const { code, stderr } = await deploy.outcome();
    assertEquals(code, 1, stderr);
    assertMatch(
      stderr,
      new RegExp(`^zddeploy: Interrupted by ${signal}$`, "m"),
    );
    await assertUntouched(site, before);
    assertEquals(site.exists(".zdd/journal.json"), false);

    site.write("deploy.conf", webConf());
    await site.deploy();
    assert(await pidAt(site) !== before.instance);
  });
}

Deno.test("an interrupted first deploy leaves nothing", async () => {
  await using site = webSite();
  const deploy = await beginSlowDeploy(site);
  deploy.kill("SIGINT");
  const { code } = await deploy.outcome();
  assertEquals(code, 1);
  await untilProcesses(site, []);
  assertEquals(site.exists("nginx.conf"), false);
});

Deno.test("SIGTERM between the switch and the commit is undone", async () => {
  await using site = await deployedWebSite();
  const before = await look(site);
  const verify = `verify: http://127.0.0.1:${site.port}/slow?600000`;
  site.write("deploy.conf", webConf({ deploy: [verify] }));
  const deploy = new RunningDeploy(site);
  await deploy.printed("nginx: reloaded");
  assert(await pidAt(site) !== before.instance);
  deploy.kill("SIGTERM");
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /^zddeploy: Interrupted by SIGTERM$/m);
  assertEquals(await pidAt(site), before.instance);
  assertEquals(site.read("nginx.conf"), before.conf);
  assertEquals(site.read("web.pid"), before.pidFile);
  await untilCount(site, before.processes.length);
});

Deno.test("SIGTERM behind the commit doesn't stop the deploy half-way", async () => {
  await using site = await deployedWebSite({ service: ["drain_timeout: 600"] });
  const old = await pidAt(site);
  const { slow, deploy } = await drainingDeploy(site);
  deploy.kill("SIGTERM");
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 0, stderr);
  assertEquals(await slow, old);
  assertEquals(isAlive(old), false);
});

Deno.test("a second deploy at the same time is told who has the lock", async () => {
  await using site = await deployedWebSite();
  const first = await beginSlowDeploy(site);
  const before = site.processes();
  const { code, stderr, stdout } = await site.zdd("--json");
  assertEquals(code, 3, stderr);
  assertMatch(
    stderr,
    new RegExp(`Another deploy is running: process ${first.pid}, since 2`),
  );
  assertEquals(JSON.parse(stdout).exitStatus, 3);
  assertEquals(site.processes(), before);
  first.kill("SIGINT");
  await first.outcome();
});

Deno.test("a deploy that is killed during the start is undone by the next", async () => {
  await using site = await deployedWebSite();
  const before = await look(site);
  const deploy = await beginSlowDeploy(site);
  deploy.kill("SIGKILL");
  await deploy.outcome();
  assertEquals(await pidAt(site), before.instance);
  const [orphan] = site.processes().filter((pid) =>
    !before.processes.includes(pid)
  );
  assert(orphan !== undefined);

  site.write("deploy.conf", webConf());
  const { stderr } = await site.deploy();
  assertMatch(stderr, /undid the deploy of 2\S+, which had died/);
  assertEquals(isAlive(orphan), false);
  assertMatch(stderr, new RegExp(`web: stopped ${before.instance}`));
  await untilCount(site, before.processes.length);
});

Deno.test("a first deploy that is killed during the start leaves no orphan to the next", async () => {
  await using site = webSite();
  const deploy = await beginSlowDeploy(site);
  deploy.kill("SIGKILL");
  await deploy.outcome();
  const [orphan] = site.processes();
  assert(orphan !== undefined);
  site.write("deploy.conf", webConf());
  await site.deploy();
  assertEquals(isAlive(orphan), false);
  await pidAt(site);
});

Deno.test("a deploy that is killed between the switch and the commit is undone without a failed request", async () => {
  await using site = await deployedWebSite();
  const old = await pidAt(site);
  const processes = site.processes().length;
  const verify = `verify: http://127.0.0.1:${site.port}/slow?600000`;
  site.write("deploy.conf", webConf({ deploy: [verify] }));
  await using clients = await startClients(site);
  const deploy = new RunningDeploy(site);
  await deploy.printed("nginx: reloaded");
  deploy.kill("SIGKILL");
  await deploy.outcome();
  const killed = await pidAt(site);
  assert(killed !== old);

  site.write("deploy.conf", webConf());
  const { stderr } = await site.deploy();
  await assertNothingFailed(clients);
  assertMatch(stderr, /undid the deploy of/);
  assertMatch(stderr, new RegExp(`web: stopped ${old}`));
  assertEquals([isAlive(old), isAlive(killed)], [false, false]);
  await untilCount(site, processes);
});

Deno.test("a deploy that is killed during the drain is finished by the next", async () => {
  await using site = await deployedWebSite({ service: ["drain_timeout: 600"] });
  const old = await pidAt(site);
  const { slow, deploy } = await drainingDeploy(site);
  deploy.kill("SIGKILL");
  await deploy.outcome();
  const current = await pidAt(site);
  assert(current !== old);

  const { stderr } = await site.deploy();
  assertEquals(await slow, old);
  assertMatch(stderr, new RegExp(`web: stopped ${old}`));
  assertMatch(stderr, new RegExp(`web: stopped ${current}`));
  assertEquals([isAlive(old), isAlive(current)], [false, false]);
});

/** A deploy that waits behind its commit for a slow request to the old instance. */
async function drainingDeploy(site: Site) {
  const slow = slowlyAnsweringPid(site, 3000);
  await until(
    "it has arrived",
    async () => / 1\n/.test((await site.zdd("status")).stdout),
  );
  const deploy = new RunningDeploy(site);
  await deploy.printed("nginx: reloaded");
  await until("it is committed", () => !site.exists(".zdd/journal.json"));
  return { slow, deploy };
}
