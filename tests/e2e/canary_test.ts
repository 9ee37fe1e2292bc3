import { assert, assertEquals, assertMatch } from "@std/assert";
import { runLoad } from "../support/load.ts";
import { Site } from "../support/site.ts";
import { classicTemplate, liveTemplate } from "../support/project.ts";
import { until } from "../support/until.ts";
import { isAlive } from "../support/processes.ts";

/** How many percent of 5,000 requests this instance answers. */
async function percentOf(site: Site, pid: number): Promise<number> {
  const requests = 5000;
  const { answers, failed } = await runLoad({
    url: `http://127.0.0.1:${site.port}/`,
    clients: 10,
    requests,
    timeout: 60_000,
    text: /^\S+ (\d+) /,
  }, new AbortController().signal);
  assertEquals(failed, 0);
  const own = answers.find(({ text }) => text === String(pid));
  return 100 * (own?.count ?? 0) / requests;
}

for (const port of ["env", "file-socket"] as const) {
  Deno.test(`a canary gets its share of the requests, port: ${port}`, async () => {
    await using site = await Site.live({ port }).deployed();
    const nginx = site.nginx();
    const current = await site.pidAt();
    const { stderr } = await site.deploy("deploy", "--canary", "10");
    const [canary = 0] = await site.pidsOf("canary");
    assertMatch(
      stderr,
      new RegExp(`^web: ${canary} gets 10 % of the requests$`, "m"),
    );
    const ten = await percentOf(site, canary);
    assert(8 <= ten && ten <= 12, `10 % are ${ten} %`);
    await site.deploy("canary", "50");
    const fifty = await percentOf(site, canary);
    assert(46 <= fifty && fifty <= 54, `50 % are ${fifty} %`);
    await site.deploy("canary", "0");
    assertEquals(await site.pidsAt("/", 100), [current]);
    await site.deploy("canary", "100");
    assertEquals(await site.pidsAt("/", 100), [canary]);
    await site.deploy("abort");
    assertEquals(await site.pidsAt(), [current]);
    assertEquals(site.servers(), [current]);
    assertEquals(site.nginx(), nginx);
  });
}

Deno.test("status shows a canary and its share", async () => {
  await using site = await Site.live().deployed();
  const current = await site.pidAt();
  await site.deploy("deploy", "--canary", "10");
  await site.deploy("canary", "20");
  const { stdout, code } = await site.zdd("status");
  assertEquals(code, 0);
  const [canary = 0] = await site.pidsOf("canary");
  assertMatch(stdout, new RegExp(`^web +serving +${current} `, "m"));
  assertMatch(stdout, new RegExp(`^web +canary 20 % +${canary} `, "m"));
  const json = JSON.parse((await site.zdd("status", "--json")).stdout);
  assertEquals(
    json.services[0].instances.map((
      { state, percent, pid }: { state: string; percent?: number; pid: number },
    ) => ({ state, percent, pid })),
    [
      { state: "serving", percent: undefined, pid: current },
      { state: "canary", percent: 20, pid: canary },
    ],
  );
});

Deno.test("promote and abort fail nothing under load", async () => {
  await using site = await Site.live().deployed();
  const nginx = site.nginx();
  const pids = [await site.pidAt()];
  await using load = await site.load();
  for (const percent of ["10", "60"]) {
    await site.deploy("deploy", "--canary", percent);
    const [canary = 0] = await site.pidsOf("canary");
    const { stderr } = await site.deploy("promote");
    assertMatch(stderr, new RegExp(`web: stopped ${pids.at(-1)}`));
    pids.push(canary);
    assertEquals(await site.pidsAt(), [canary]);

    await site.deploy("deploy", "--canary", percent);
    const [other = 0] = await site.pidsOf("canary");
    const aborted = await site.deploy("abort");
    assertMatch(aborted.stderr, new RegExp(`web: stopped ${other}`));
    assertEquals(await site.pidsAt(), [canary]);
  }
  const { connections, closedIdle } = await load.stopWithoutFailure();
  assertEquals([connections, closedIdle], [20, 0]);
  assertEquals(site.servers(), [pids.at(-1)]);
  assertEquals(site.nginx(), nginx);
});

/** Which of these visitors the canary answers; each asks twice. */
async function visitorsOf(
  site: Site,
  canary: number,
  visitors: string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const visitor of visitors) {
    const answers = new Set<boolean>();
    for (let i = 0; i < 2; i++) {
      const response = await fetch(`http://127.0.0.1:${site.port}/`, {
        headers: { cookie: `visitor=${visitor}` },
      });
      answers.add((await response.text()).includes(` ${canary} `));
    }
    assertEquals(answers.size, 1, `${visitor} saw both sides`);
    if (answers.has(true)) found.add(visitor);
  }
  return found;
}

for (const port of ["env", "file"] as const) {
  Deno.test(`who is pinned by a cookie stays on one side, and a growing canary takes nobody back, port: ${port}`, async () => {
    await using site = await Site.live({
      port,
      template: liveTemplate({
        locations:
          'location / { <%= it.live.pass("web", { by: "$cookie_visitor" }) %> }',
      }),
    }).deployed();
    const visitors = Array.from({ length: 100 }, (_, i) => `visitor-${i}`);
    // Once with either slot as the canary's.
    for (const end of ["promote", "abort"]) {
      await site.deploy("deploy", "--canary", "1");
      const [canary = 0] = await site.pidsOf("canary");
      let before = await visitorsOf(site, canary, visitors);
      for (const percent of [2, 5, 10, 20, 50]) {
        await site.deploy("canary", String(percent));
        const now = await visitorsOf(site, canary, visitors);
        assertEquals([...before].filter((one) => !now.has(one)), []);
        before = now;
      }
      assert(30 <= before.size && before.size <= 70, `${before.size}`);
      await site.deploy(end);
      assertEquals(
        (await visitorsOf(site, canary, visitors)).size,
        end === "promote" ? visitors.length : 0,
      );
    }
  });
}

Deno.test("who is pinned by the address stays on one side", async () => {
  await using site = await Site.live({
    template: liveTemplate({
      locations:
        'location / { <%= it.live.pass("web", { by: "$remote_addr" }) %> }',
    }),
  }).deployed();
  await site.deploy("deploy", "--canary", "50");
  // All requests of the test come from one address.
  assertEquals((await site.pidsAt()).length, 1);
});

for (
  const args of [["deploy"], ["deploy", "--canary", "5"], ["rollback"]]
) {
  Deno.test(`zddeploy ${args.join(" ")} is refused while there is a canary`, async () => {
    await using site = await Site.live().deployed();
    await site.deploy("deploy", "--canary", "10");
    const before = site.processes();
    const { code, stderr } = await site.zdd(...args);
    assertEquals(code, 1);
    assertEquals(
      stderr,
      "zddeploy: A canary of web gets 10 % of the requests\n" +
        "hint: end it first, with zddeploy promote or zddeploy abort\n",
    );
    assertEquals(site.processes(), before);
    assertEquals((await site.pidsAt("/", 100)).length, 2);
  });
}

for (const args of [["canary", "20"], ["promote"], ["abort"]]) {
  Deno.test(`zddeploy ${args.join(" ")} says that there is no canary`, async () => {
    await using site = await Site.live().deployed();
    const before = site.processes();
    const { code, stderr } = await site.zdd(...args);
    assertEquals(code, 1);
    assertMatch(stderr, /^zddeploy: There is no canary\n/);
    assertMatch(stderr, /zddeploy deploy --canary PERCENT/);
    assertEquals(site.processes(), before);
  });
}

Deno.test("a classic service can't have a canary", async () => {
  await using site = await Site.live({
    port: "file",
    template: classicTemplate(),
  }).deployed();
  const before = site.processes();
  const { code, stderr } = await site.zdd("deploy", "--canary", "10");
  assertEquals(code, 2);
  assertMatch(stderr, /web cannot have a canary: the template doesn't switch/);
  assertEquals(site.processes(), before);
});

Deno.test("a first deploy can't be a canary", async () => {
  await using site = Site.live();
  const { code, stderr } = await site.zdd("deploy", "--canary", "10");
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /canary/);
  assertEquals(site.servers(), []);
});

Deno.test("a canary that dies costs nothing, and is told", async () => {
  await using site = await Site.live().deployed();
  const current = await site.pidAt();
  await site.deploy("deploy", "--canary", "50");
  const [canary = 0] = await site.pidsOf("canary");
  Deno.kill(canary, "SIGKILL");
  await until("it is gone", () => !isAlive(canary));
  assertEquals(await site.pidsAt("/", 50), [current]);
  const { code, stdout } = await site.zdd("status");
  assertEquals(code, 1);
  assertMatch(stdout, new RegExp(`^web +dead canary 50 % +${canary} `, "m"));
  const promoted = await site.zdd("promote");
  assertEquals(promoted.code, 1, promoted.stderr);
  assertMatch(promoted.stderr, new RegExp(`${canary} .*has ended`));
  await site.deploy("abort");
  assertEquals((await site.zdd("status")).code, 0);
});

Deno.test("samples/canary does what its README says", async () => {
  await using site = Site.fromSample("canary");
  await site.deploy();
  const nginx = site.nginx();
  const versions = async (path: string) => {
    const found = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const { text } = await site.get(path);
      found.add(/version \d/.exec(text)?.[0] ?? text);
    }
    return [...found].toSorted();
  };
  const setVersion = (version: number) =>
    site.write(
      "server.js",
      site.read("server.js").replace(
        /VERSION = "\d"/,
        `VERSION = "${version}"`,
      ),
    );
  setVersion(2);
  await site.deploy("deploy", "--canary", "10");
  assertEquals((await site.pidsOf("canary")).length, 2);
  assertEquals((await site.pidsOf("canary", "api")).length, 1);
  await site.deploy("canary", "50");
  assertEquals(await versions("/api/"), ["version 1", "version 2"]);
  assertEquals((await versions("/")).length, 1);
  await site.deploy("promote");
  assertEquals(await versions("/api/"), ["version 2"]);
  assertEquals(await versions("/"), ["version 2"]);
  await site.deploy("rollback");
  assertEquals(await versions("/"), ["version 1"]);
  await site.deploy("rollback");
  assertEquals(await versions("/"), ["version 2"]);

  setVersion(3);
  await site.deploy("deploy", "--service", "web", "--canary", "10");
  assertEquals((await site.pidsOf("canary", "api")).length, 0);
  await site.deploy("abort");
  assertEquals(await versions("/"), ["version 2"]);
  assertEquals(site.nginx(), nginx);
});
