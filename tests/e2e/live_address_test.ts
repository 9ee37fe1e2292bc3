import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { isAlive } from "../support/processes.ts";
import { liveTemplate, serviceSection } from "../support/project.ts";

for (const port of ["socket", "file", "file-socket"] as const) {
  Deno.test(`live cutovers fail nothing, port: ${port}`, async () => {
    await using site = await Site.live({ port }).deployed();
    const nginx = site.nginx();
    const pids = [await site.pidAt()];
    await using load = await site.load();
    for (let i = 0; i < 3; i++) {
      await site.deploy();
      pids.push(await site.pidAt());
    }
    const { answers, closedIdle } = await load.stopWithoutFailure();
    assertEquals(answers.map(({ text }) => Number(text)), pids);
    assertEquals(closedIdle, 0);
    assertEquals(site.nginx(), nginx);
    assertEquals(site.servers(), [pids.at(-1)]);
    const kind = port === "file" ? /^127\.0\.0\.1:\d+$/ : /^unix:\//;
    assertMatch((await site.instances())[0]?.address ?? "", kind);
    const { stdout } = await site.zdd("status");
    assertMatch(stdout, new RegExp(`^web +serving +${pids.at(-1)} `, "m"));
  });
}

Deno.test("a port that somebody has taken gives another pair and one reload", async () => {
  await using site = await Site.live().deployed();
  await site.deploy();
  await site.deploy();
  const old = await site.pidAt();
  const [taken = ""] = freeSlot(site.read(".zdd/state.json"));
  using _somebody = Deno.listen({
    hostname: "127.0.0.1",
    port: Number(taken.split(":")[1]),
  });
  await using load = await site.load({ keepAlive: false, clients: 5 });
  const { stderr } = await site.deploy();
  assertEquals(stderr.match(/nginx: reloaded \d+/g)?.length, 1);
  assertMatch(stderr, new RegExp(`web: stopped ${old}`));
  const current = await site.pidAt();
  const nginx = site.nginx();
  assert((await site.instances())[0]?.address !== taken);
  for (let i = 0; i < 2; i++) {
    assert(!(await site.deploy()).stderr.includes("nginx: reloaded"));
  }
  await load.stopWithoutFailure();
  assertEquals(site.nginx(), nginx);
  assertEquals(isAlive(current), false);
});

for (const port of ["env", "file"] as const) {
  Deno.test(`a state directory with a blank in its name works, port: ${port}`, async () => {
    await using site = await Site.live({
      port,
      deploy: ["state_dir: with blank"],
    }).deployed();
    await site.deploy();
    await site.pidAt();
  });
}

/** The addresses in the state of the slot where nobody serves. */
function freeSlot(text: string): string[] {
  const { web } = JSON.parse(text).services;
  return web.slots[web.current[0].slot === "a" ? "b" : "a"];
}

Deno.test("a socket path that a dead instance left is used again", async () => {
  await using site = await Site.live({ port: "socket" }).deployed();
  await site.deploy();
  // The rude server dies without removing its socket.
  const before = (await site.instances())[0]?.address;
  await site.deploy();
  const { stderr } = await site.deploy();
  assert(!stderr.includes("nginx: reloaded"), stderr);
  assertEquals((await site.instances())[0]?.address, before);
});

Deno.test("another number of instances takes one reload a slot, and loses nothing", async () => {
  const project = (instances: number) => ({
    lines: [`instances: ${instances}`],
  });
  await using site = await Site.live(project(2)).deployed();
  await using load = await site.load({ keepAlive: false, clients: 5 });
  for (const instances of [3, 3, 3, 1, 1, 1]) {
    site.configure(project(instances));
    await site.deploy();
    const serving = await site.pidsOf("serving");
    assertEquals(serving.length, instances);
    assertEquals(await site.pidsAt("/", 30), serving);
    assertEquals(site.servers(), serving);
  }
  await load.stopWithoutFailure();
  assert(!(await site.deploy()).stderr.includes("nginx: reloaded"));
});

Deno.test("one service in two locations, pinned differently in each", async () => {
  await using site = await Site.live({
    template: liveTemplate({
      locations: `
        location / { <%= it.live.pass("web") %> }
        location /sticky { <%= it.live.pass("web", { by: "$remote_addr" }) %> }
        location /visitor { <%= it.live.pass("web", { by: "$cookie_visitor" }) %> }`,
    }),
  }).deployed();
  await site.deploy("deploy", "--canary", "50");
  assertEquals((await site.pidsAt("/", 50)).length, 2);
  assertEquals((await site.pidsAt("/sticky", 50)).length, 1);
  // Who has no cookie yet isn't one visitor.
  assertEquals((await site.pidsAt("/visitor", 50)).length, 2);
  await site.deploy("promote");
  const serving = await site.pidsOf("serving");
  for (const path of ["/", "/sticky", "/visitor"]) {
    assertEquals(await site.pidsAt(path), serving);
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
  await using site = await Site.live({
    services: names.map((name, i) =>
      serviceSection({ name, port: i % 2 === 0 ? "env" : "file-socket" })
    ),
    template: liveTemplate({ locations: locations.join("\n") }),
  }).deployed();
  for (let round = 0; round < 2; round++) {
    for (const [i, name] of names.entries()) {
      assertEquals(
        await site.pidsAt(`/${i}`, 3),
        await site.pidsOf("serving", name),
      );
    }
    if (round === 0) await site.deploy();
  }
});
