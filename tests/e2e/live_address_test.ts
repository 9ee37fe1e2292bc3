import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  assertNothingFailed,
  deployedLiveSite,
  instancesOf,
  isAlive,
  liveConf,
  liveService,
  liveTemplate,
  nginxProcesses,
  pidAt,
  pidsAt,
  pidsOf,
  servers,
  startClosing,
  startLoad,
} from "../support/live_site.ts";

for (const port of ["socket", "own", "own-socket"] as const) {
  Deno.test(`live cutovers fail nothing, port: ${port}`, async () => {
    await using site = await deployedLiveSite(
      liveConf([liveService({ port })]),
    );
    const nginx = nginxProcesses(site);
    const pids = [await pidAt(site)];
    await using load = await startLoad(site);
    for (let i = 0; i < 3; i++) {
      await site.deploy();
      pids.push(await pidAt(site));
    }
    const { answers, closedIdle } = await assertNothingFailed(load);
    assertEquals(answers.map(({ text }) => Number(text)), pids);
    assertEquals(closedIdle, 0);
    assertEquals(nginxProcesses(site), nginx);
    assertEquals(servers(site), [pids.at(-1)]);
    const kind = port === "own" ? /^127\.0\.0\.1:\d+$/ : /^unix:\//;
    assertMatch((await instancesOf(site))[0]?.address ?? "", kind);
    const { stdout } = await site.zdd("status");
    assertMatch(stdout, new RegExp(`^web +serving +${pids.at(-1)} `, "m"));
  });
}

Deno.test("a port that somebody has taken gives another pair and one reload", async () => {
  await using site = await deployedLiveSite();
  await site.deploy();
  await site.deploy();
  const old = await pidAt(site);
  const [taken = ""] = freeSlot(site.read(".zdd/state.json"));
  using _somebody = Deno.listen({
    hostname: "127.0.0.1",
    port: Number(taken.split(":")[1]),
  });
  await using load = await startClosing(site);
  const { stderr } = await site.deploy();
  assertEquals(stderr.match(/nginx: reloaded \d+/g)?.length, 1);
  assertMatch(stderr, new RegExp(`web: stopped ${old}`));
  const current = await pidAt(site);
  const nginx = nginxProcesses(site);
  assert((await instancesOf(site))[0]?.address !== taken);
  for (let i = 0; i < 2; i++) {
    assert(!(await site.deploy()).stderr.includes("nginx: reloaded"));
  }
  await assertNothingFailed(load);
  assertEquals(nginxProcesses(site), nginx);
  assertEquals(isAlive(current), false);
});

for (const port of ["env", "own"] as const) {
  Deno.test(`a state directory with a blank in its name works, port: ${port}`, async () => {
    await using site = await deployedLiveSite(
      liveConf([liveService({ port })], ["state_dir: with blank"]),
    );
    await site.deploy();
    await pidAt(site);
  });
}

/** The addresses in the state of the slot where nobody serves. */
function freeSlot(text: string): string[] {
  const { web } = JSON.parse(text).services;
  return web.slots[web.current[0].slot === "a" ? "b" : "a"];
}

Deno.test("a socket path that a dead instance left is used again", async () => {
  await using site = await deployedLiveSite(
    liveConf([liveService({ port: "socket" })]),
  );
  await site.deploy();
  // The rude server dies without removing its socket.
  const before = (await instancesOf(site))[0]?.address;
  await site.deploy();
  const { stderr } = await site.deploy();
  assert(!stderr.includes("nginx: reloaded"), stderr);
  assertEquals((await instancesOf(site))[0]?.address, before);
});

Deno.test("another number of instances takes one reload a slot, and loses nothing", async () => {
  const conf = (instances: number) =>
    liveConf([liveService({ lines: [`instances: ${instances}`] })]);
  await using site = await deployedLiveSite(conf(2));
  await using load = await startClosing(site);
  for (const instances of [3, 3, 3, 1, 1, 1]) {
    site.write("deploy.conf", conf(instances));
    await site.deploy();
    const serving = await pidsOf(site, "serving");
    assertEquals(serving.length, instances);
    assertEquals(await pidsAt(site, "/", 30), serving);
    assertEquals(servers(site), serving);
  }
  await assertNothingFailed(load);
  assert(!(await site.deploy()).stderr.includes("nginx: reloaded"));
});

Deno.test("one service in two locations, pinned differently in each", async () => {
  await using site = await deployedLiveSite(
    undefined,
    liveTemplate(`
        location / { <%= it.live.pass("web") %> }
        location /sticky { <%= it.live.pass("web", { by: "$remote_addr" }) %> }
        location /visitor { <%= it.live.pass("web", { by: "$cookie_visitor" }) %> }`),
  );
  await site.deploy("deploy", "--canary", "50");
  assertEquals((await pidsAt(site, "/", 50)).length, 2);
  assertEquals((await pidsAt(site, "/sticky", 50)).length, 1);
  // Who has no cookie yet isn't one visitor.
  assertEquals((await pidsAt(site, "/visitor", 50)).length, 2);
  await site.deploy("promote");
  const serving = await pidsOf(site, "serving");
  for (const path of ["/", "/sticky", "/visitor"]) {
    assertEquals(await pidsAt(site, path), serving);
  }
});

Deno.test("services of any name that deploy.conf allows are switched live", async () => {
  const names = [
    "web",
    "web.2",
    "web-2",
    "web_2",
    "Ünï",
    "日本",
    "a..b",
    "x-.y",
  ];
  const locations = names.map((name, i) =>
    `location /${i} { <%= it.live.pass(${JSON.stringify(name)}) %> }`
  );
  await using site = await deployedLiveSite(
    liveConf(
      names.map((name, i) =>
        liveService({ name, port: i % 2 === 0 ? "env" : "own-socket" })
      ),
    ),
    liveTemplate(locations.join("\n")),
  );
  for (let round = 0; round < 2; round++) {
    for (const [i, name] of names.entries()) {
      assertEquals(
        await pidsAt(site, `/${i}`, 3),
        await pidsOf(site, "serving", name),
      );
    }
    if (round === 0) await site.deploy();
  }
});
