import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { isAlive } from "../support/processes.ts";
import { until } from "../support/until.ts";

const STANDBY = ["standby: yes"];

for (
  const { name, isLive, ...project } of [
    { name: "a live service", isLive: true, lines: STANDBY },
    {
      name: "a live service that chooses its address",
      isLive: true,
      port: "file",
      lines: STANDBY,
    },
    {
      name: "a live service of two instances",
      isLive: true,
      lines: [...STANDBY, "instances: 2"],
    },
    { name: "a classic service", isLive: false, lines: STANDBY },
  ]
) {
  Deno.test(`rollback of ${name} starts and fails nothing, and twice goes forward again`, async () => {
    const site = isLive ? Site.live(project) : Site.classic(project);
    await using _ = await site.deployed();
    const first = await site.pidsOf("serving");
    await site.deploy();
    const second = await site.pidsOf("serving");
    assertEquals(await site.pidsOf("standby"), first);
    const running = site.servers();
    const nginx = site.nginx();

    await using load = await site.load(
      // A reload closes idle connections, so no client keeps its.
      isLive ? {} : { keepAlive: false, clients: 5 },
    );
    for (const [serving, standby] of [[first, second], [second, first]]) {
      const { stderr } = await site.deploy("rollback");
      assert(!/started|stopped/.test(stderr), stderr);
      assertEquals(await site.pidsAt(), serving);
      assertEquals(await site.pidsOf("serving"), serving);
      assertEquals(await site.pidsOf("standby"), standby);
    }
    const { answers } = await load.stopWithoutFailure();
    assertEquals(
      new Set(answers.map(({ text }) => Number(text))),
      new Set(running),
    );
    assertEquals(site.servers(), running);
    if (isLive) {
      assertEquals(site.nginx(), nginx);
    }

    // The next deploy replaces the older of the two.
    await site.deploy();
    assertEquals(await site.pidsOf("standby"), second);
    assertEquals(first.filter(isAlive), []);
  });
}

Deno.test("without a standby, rollback says what to do", async () => {
  await using site = await Site.live().deployed();
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
  await using site = await Site.live({ lines: STANDBY }).deployed();
  await site.deploy();
  const serving = await site.pidsOf("serving");
  const [standby = 0] = await site.pidsOf("standby");
  Deno.kill(standby, "SIGKILL");
  await until("it is gone", () => !isAlive(standby));
  const { code, stderr } = await site.zdd("rollback");
  assertEquals(code, 1);
  assertMatch(
    stderr,
    new RegExp(`^zddeploy: The standby instance ${standby} of web has ended`),
  );
  assertEquals(await site.pidsAt(), serving);
  // The next deploy doesn't mind.
  await site.deploy();
  assertEquals(await site.pidsOf("standby"), serving);
});

Deno.test("a canary that is promoted leaves the release before as the standby", async () => {
  await using site = await Site.live({ lines: STANDBY }).deployed();
  const first = await site.pidsOf("serving");
  await site.deploy("deploy", "--canary", "10");
  const canary = await site.pidsOf("canary");
  await site.deploy("promote");
  assertEquals(await site.pidsOf("serving"), canary);
  assertEquals(await site.pidsOf("standby"), first);
  await site.deploy("rollback");
  assertEquals(await site.pidsAt(), first);
});

Deno.test("nginx that is gone is started by a rollback, with the standby's release", async () => {
  await using site = await Site.live({ lines: STANDBY }).deployed();
  const first = await site.pidsOf("serving");
  await site.deploy();
  Deno.kill(site.nginxMaster() ?? 0, "SIGQUIT");
  await until("nginx is gone", () => site.nginx().length === 0);
  const { stderr } = await site.deploy("rollback");
  assertMatch(stderr, /nginx: started \d+/);
  assertEquals(await site.pidsAt(), first);
});

Deno.test("a deploy that fails leaves the standby alone, and nginx isn't reloaded for the third slot", async () => {
  const site = Site.live({ lines: STANDBY });
  await using _ = await site.deployed();
  const first = await site.pidsOf("serving");
  await site.deploy();
  const second = await site.pidsOf("serving");
  const nginx = site.nginx();
  await using load = await site.load();
  site.configure({ lines: STANDBY, start: "exit 7" });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  assertEquals(await site.pidsOf("serving"), second);
  assertEquals(await site.pidsOf("standby"), first);
  await site.deploy("rollback");
  assertEquals(await site.pidsAt(), first);
  site.configure({ lines: STANDBY });
  for (let release = 3; release < 6; release++) {
    const before = await site.pidsOf("serving");
    await site.deploy();
    assertEquals(await site.pidsOf("standby"), before);
  }
  await load.stopWithoutFailure();
  assertEquals(site.nginx(), nginx);
});

for (const port of ["env", "socket"]) {
  Deno.test(`a standby with port: ${port} answers when the current instance dies`, async () => {
    await using site = await Site.live({ port, lines: STANDBY }).deployed();
    await site.deploy();
    const [standby] = await site.pidsOf("standby");
    const [serving = 0] = await site.pidsOf("serving");
    assertEquals(await site.pidAt(), serving);
    Deno.kill(serving, "SIGKILL");
    await until("it is gone", () => !isAlive(serving));
    for (let i = 0; i < 5; i++) assertEquals(await site.pidAt(), standby);
    assertEquals((await site.zdd("status")).code, 1);
    await site.deploy("start");
    const [again] = await site.pidsOf("serving");
    assertEquals(await site.pidAt(), again);
    assert(again !== standby && again !== serving);
  });
}
