import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import {
  deployConf,
  liveTemplate,
  serviceSection,
} from "../support/project.ts";
import { isAlive } from "../support/processes.ts";
import { until } from "../support/until.ts";

/** A deploy.conf whose deploys wait after the switch until the test has done what it wants. */
function verifying(site: Site, path: string): string {
  return deployConf({
    services: [serviceSection()],
    deploy: [
      `verify: http://127.0.0.1:${site.port}${path}`,
      "verify_timeout: 6",
    ],
  });
}

/** What must be as it was. */
async function look(site: Site) {
  return {
    pids: await site.pidsAt("/", 30),
    servers: site.servers(),
    nginx: site.nginx(),
    conf: site.read("nginx.conf"),
  };
}

for (const slot of ["a", "b"]) {
  Deno.test(`a release that doesn't verify is taken back without a failed request, from slot ${slot}`, async () => {
    await using site = await Site.live().deployed();
    if (slot === "a") await site.deploy();
    const before = await look(site);
    await using load = await site.load();
    // VERIFY_TIMEOUT is 10 s; one that can't be reached at all ends there too.
    site.write("deploy.conf", verifying(site, "/fail"));
    const { code, stderr } = await site.zdd();
    const { answers } = await load.stopWithoutFailure();
    assertEquals(code, 1);
    assertMatch(
      stderr,
      /\/fail doesn't answer with success .* last: 503 "not today"/,
    );
    assertEquals(answers.length, 2); // it did serve meanwhile
    assertEquals(await look(site), before);
    assertEquals(site.exists(".zdd/journal.json"), false);
  });
}

Deno.test("SIGTERM after the live switch goes back without a failed request", async () => {
  await using site = await Site.live().deployed();
  const before = await look(site);
  site.write("deploy.conf", verifying(site, "/slow?600000"));
  await using load = await site.load();
  const deploy = site.start();
  await deploy.printed("web: switched to");
  assert(await site.pidAt() !== before.pids[0]);
  deploy.kill("SIGTERM");
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 1, stderr);
  assertEquals(await look(site), before);
  await load.stopWithoutFailure();
});

Deno.test("a deploy that is killed right after the live switch is undone by the next, without a failed request", async () => {
  await using site = await Site.live().deployed();
  const old = await site.pidAt();
  const nginx = site.nginx();
  site.write("deploy.conf", verifying(site, "/slow?600000"));
  await using load = await site.load();
  const deploy = site.start();
  await deploy.printed("web: switched to");
  deploy.kill("SIGKILL");
  await deploy.outcome();
  const killed = await site.pidAt();
  assert(killed !== old);

  site.configure();
  const { stderr } = await site.deploy();
  assertMatch(stderr, /undid the deploy of/);
  const current = await site.pidAt();
  await load.stopWithoutFailure();
  assertEquals([old, killed].filter(isAlive), []);
  assertEquals(site.servers(), [current]);
  assertEquals(site.nginx(), nginx);
});

Deno.test("a deploy that is killed during a slow start harms nobody, and the next repairs", async () => {
  await using site = await Site.live().deployed();
  const before = await look(site);
  site.configure({ lines: ["env: DELAY=600000"] });
  await using load = await site.load();
  const deploy = site.start();
  await until("the release begins", () => site.servers().length === 2);
  const [orphan = 0] = site.servers().filter((pid) =>
    !before.servers.includes(pid)
  );
  deploy.kill("SIGKILL");
  await deploy.outcome();
  assertEquals(await site.pidsAt(), before.pids);

  site.configure();
  const { stderr } = await site.deploy();
  assertMatch(stderr, /undid the deploy of/);
  assertEquals(isAlive(orphan), false);
  assertEquals(site.servers(), [await site.pidAt()]);
  await load.stopWithoutFailure();
  assertEquals(site.nginx(), before.nginx);
});

Deno.test("a promotion that is killed right after the switch is undone by the next run, the canary stays", async () => {
  await using site = await Site.live().deployed();
  const old = await site.pidAt();
  await site.deploy("deploy", "--canary", "10");
  const canary = await site.pidsOf("canary");
  site.write("deploy.conf", verifying(site, "/slow?600000"));
  const promotion = site.start("promote");
  await promotion.printed("web: switched to");
  promotion.kill("SIGKILL");
  await promotion.outcome();

  site.configure();
  assertEquals((await site.zdd("canary", "50")).code, 0);
  assertEquals(await site.pidsOf("serving"), [old]);
  assertEquals(await site.pidsOf("canary"), canary);
  assertEquals((await site.pidsAt("/", 50)).length, 2);
  await site.deploy("promote");
  assertEquals(site.servers(), canary);
});

Deno.test("a template that nginx refuses leaves a live site as it was", async () => {
  await using site = await Site.live().deployed();
  const before = await look(site);
  site.write("nginx.conf.template", liveTemplate({ http: "nonsense on;" }));
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(stderr, /unknown directive "nonsense"/);
  assertEquals(await look(site), before);
});

Deno.test("an instance whose state was removed is found and replaced", async () => {
  await using site = await Site.live().deployed();
  const old = await site.pidAt();
  Deno.removeSync(site.path(".zdd"), { recursive: true });
  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`web: found ${old} `));
  assertEquals(site.servers(), [await site.pidAt()]);
});
