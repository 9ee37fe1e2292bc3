import { assert, assertEquals, assertMatch } from "@std/assert";
import { until } from "../support/site.ts";
import {
  assertNothingFailed,
  classicTemplate,
  deployedLiveSite,
  isAlive,
  liveConf,
  liveService,
  liveTemplate,
  nginxProcesses,
  pidsAt,
  pidsOf,
  servers,
  startClosing,
  startLoad,
} from "../support/live_site.ts";

const STANDBY = ["standby: yes"];

for (
  const { name, conf, template, start } of [
    {
      name: "a live service",
      conf: liveConf([liveService({ lines: STANDBY })]),
      template: liveTemplate(),
      start: startLoad,
    },
    {
      name: "a live service that chooses its address",
      conf: liveConf([liveService({ port: "own", lines: STANDBY })]),
      template: liveTemplate(),
      start: startLoad,
    },
    {
      name: "a live service of two instances",
      conf: liveConf([liveService({ lines: [...STANDBY, "instances: 2"] })]),
      template: liveTemplate(),
      start: startLoad,
    },
    {
      // A reload closes idle connections, so no client keeps its.
      name: "a classic service",
      conf: liveConf([liveService({ port: "own", lines: STANDBY })]),
      template: classicTemplate(),
      start: startClosing,
    },
  ]
) {
  Deno.test(`rollback of ${name} starts and fails nothing, and twice goes forward again`, async () => {
    await using site = await deployedLiveSite(conf, template);
    const first = await pidsOf(site, "serving");
    await site.deploy();
    const second = await pidsOf(site, "serving");
    assertEquals(await pidsOf(site, "standby"), first);
    const running = servers(site);
    const nginx = nginxProcesses(site);

    await using load = await start(site);
    for (const [serving, standby] of [[first, second], [second, first]]) {
      const { stderr } = await site.deploy("rollback");
      assert(!/started|stopped/.test(stderr), stderr);
      assertEquals(await pidsAt(site), serving);
      assertEquals(await pidsOf(site, "serving"), serving);
      assertEquals(await pidsOf(site, "standby"), standby);
    }
    const { answers } = await assertNothingFailed(load);
    assertEquals(
      new Set(answers.map(({ text }) => Number(text))),
      new Set(running),
    );
    assertEquals(servers(site), running);
    if (template !== classicTemplate()) {
      assertEquals(nginxProcesses(site), nginx);
    }

    // The next deploy replaces the older of the two.
    await site.deploy();
    assertEquals(await pidsOf(site, "standby"), second);
    assertEquals(first.filter(isAlive), []);
  });
}

Deno.test("without a standby, rollback says what to do", async () => {
  await using site = await deployedLiveSite();
  await site.deploy();
  const before = site.processes();
  const { code, stderr } = await site.zdd("rollback");
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^zddeploy: There is no standby instance to roll back to/,
  );
  assertMatch(stderr, /deploy the earlier release; .*standby: yes/);
  assertEquals(site.processes(), before);
});

Deno.test("rollback to a standby that has died is refused", async () => {
  await using site = await deployedLiveSite(
    liveConf([liveService({ lines: STANDBY })]),
  );
  await site.deploy();
  const serving = await pidsOf(site, "serving");
  const [standby = 0] = await pidsOf(site, "standby");
  Deno.kill(standby, "SIGKILL");
  await until("it is gone", () => !isAlive(standby));
  const { code, stderr } = await site.zdd("rollback");
  assertEquals(code, 1);
  assertMatch(
    stderr,
    new RegExp(`^zddeploy: The standby instance ${standby} of web has ended`),
  );
  assertEquals(await pidsAt(site), serving);
  // The next deploy doesn't mind.
  await site.deploy();
  assertEquals(await pidsOf(site, "standby"), serving);
});

Deno.test("a canary that is promoted leaves the release before as the standby", async () => {
  await using site = await deployedLiveSite(
    liveConf([liveService({ lines: STANDBY })]),
  );
  const first = await pidsOf(site, "serving");
  await site.deploy("deploy", "--canary", "10");
  const canary = await pidsOf(site, "canary");
  await site.deploy("promote");
  assertEquals(await pidsOf(site, "serving"), canary);
  assertEquals(await pidsOf(site, "standby"), first);
  await site.deploy("rollback");
  assertEquals(await pidsAt(site), first);
});

Deno.test("nginx that is gone is started by a rollback, with the standby's release", async () => {
  await using site = await deployedLiveSite(
    liveConf([liveService({ lines: STANDBY })]),
  );
  const first = await pidsOf(site, "serving");
  await site.deploy();
  Deno.kill(site.nginxMaster() ?? 0, "SIGQUIT");
  await until("nginx is gone", () => nginxProcesses(site).length === 0);
  const { stderr } = await site.deploy("rollback");
  assertMatch(stderr, /nginx: started \d+/);
  assertEquals(await pidsAt(site), first);
});
