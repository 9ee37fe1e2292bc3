import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Site, until } from "../support/site.ts";
import {
  assertNothingFailed,
  deployedLiveSite,
  isAlive,
  liveConf,
  liveService,
  liveTemplate,
  nginxProcesses,
  pidAt,
  pidsAt,
  pidsOf,
  servers,
  startLoad,
} from "../support/live_site.ts";
import { RunningDeploy } from "./running_deploy.ts";

/** A deploy.conf whose deploys wait after the switch until the test has done what it wants. */
function verifying(site: Site, path: string): string {
  return liveConf(
    [liveService()],
    [`verify: http://127.0.0.1:${site.port}${path}`, "verify_timeout: 6"],
  );
}

/** What must be as it was. */
async function look(site: Site) {
  return {
    pids: await pidsAt(site, "/", 30),
    servers: servers(site),
    nginx: nginxProcesses(site),
    conf: site.read("nginx.conf"),
  };
}

for (const slot of ["a", "b"]) {
  Deno.test(`a release that doesn't verify is taken back without a failed request, from slot ${slot}`, async () => {
    await using site = await deployedLiveSite();
    if (slot === "a") await site.deploy();
    const before = await look(site);
    await using load = await startLoad(site);
    // VERIFY_TIMEOUT is 10 s; one that can't be reached at all ends there too.
    site.write("deploy.conf", verifying(site, "/fail"));
    const { code, stderr } = await site.zdd();
    const { answers } = await assertNothingFailed(load);
    assertEquals(code, 1);
    assertMatch(stderr, /\/fail doesn't answer with success .* last: 503 "v1 /);
    assertEquals(answers.length, 2); // it did serve meanwhile
    assertEquals(await look(site), before);
    assertEquals(site.exists(".zdd/journal.json"), false);
  });
}

Deno.test("SIGTERM after the live switch goes back without a failed request", async () => {
  await using site = await deployedLiveSite();
  const before = await look(site);
  site.write("deploy.conf", verifying(site, "/slow?600000"));
  await using load = await startLoad(site);
  const deploy = new RunningDeploy(site);
  await deploy.printed("web: switched to");
  assert(await pidAt(site) !== before.pids[0]);
  deploy.kill("SIGTERM");
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 1, stderr);
  assertEquals(await look(site), before);
  await assertNothingFailed(load);
});

Deno.test("a deploy that is killed right after the live switch is undone by the next, without a failed request", async () => {
  await using site = await deployedLiveSite();
  const old = await pidAt(site);
  const nginx = nginxProcesses(site);
  site.write("deploy.conf", verifying(site, "/slow?600000"));
  await using load = await startLoad(site);
  const deploy = new RunningDeploy(site);
  await deploy.printed("web: switched to");
  deploy.kill("SIGKILL");
  await deploy.outcome();
  const killed = await pidAt(site);
  assert(killed !== old);

  site.write("deploy.conf", liveConf());
  const { stderr } = await site.deploy();
  assertMatch(stderr, /undid the deploy of/);
  const current = await pidAt(site);
  await assertNothingFailed(load);
  assertEquals([old, killed].filter(isAlive), []);
  assertEquals(servers(site), [current]);
  assertEquals(nginxProcesses(site), nginx);
});

Deno.test("a deploy that is killed during a slow start harms nobody, and the next repairs", async () => {
  await using site = await deployedLiveSite();
  const before = await look(site);
  site.write(
    "deploy.conf",
    liveConf([liveService({ lines: ["env: DELAY=600000"] })]),
  );
  await using load = await startLoad(site);
  const deploy = new RunningDeploy(site);
  await until("the release begins", () => servers(site).length === 2);
  const [orphan = 0] = servers(site).filter((pid) =>
    !before.servers.includes(pid)
  );
  deploy.kill("SIGKILL");
  await deploy.outcome();
  assertEquals(await pidsAt(site), before.pids);

  site.write("deploy.conf", liveConf());
  const { stderr } = await site.deploy();
  assertMatch(stderr, /undid the deploy of/);
  assertEquals(isAlive(orphan), false);
  assertEquals(servers(site), [await pidAt(site)]);
  await assertNothingFailed(load);
  assertEquals(nginxProcesses(site), before.nginx);
});

Deno.test("a promotion that is killed right after the switch is undone by the next run, the canary stays", async () => {
  await using site = await deployedLiveSite();
  const old = await pidAt(site);
  await site.deploy("deploy", "--canary", "10");
  const canary = await pidsOf(site, "canary");
  site.write("deploy.conf", verifying(site, "/slow?600000"));
  const promotion = new RunningDeploy(site, "promote");
  await promotion.printed("web: switched to");
  promotion.kill("SIGKILL");
  await promotion.outcome();

  site.write("deploy.conf", liveConf());
  assertEquals((await site.zdd("canary", "50")).code, 0);
  assertEquals(await pidsOf(site, "serving"), [old]);
  assertEquals(await pidsOf(site, "canary"), canary);
  assertEquals((await pidsAt(site, "/", 50)).length, 2);
  await site.deploy("promote");
  assertEquals(servers(site), canary);
});

Deno.test("a template that nginx refuses leaves a live site as it was", async () => {
  await using site = await deployedLiveSite();
  const before = await look(site);
  site.write("nginx.conf.template", liveTemplate(undefined, "nonsense on;"));
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(stderr, /unknown directive "nonsense"/);
  assertEquals(await look(site), before);
});

Deno.test("an instance whose state was removed is found and replaced", async () => {
  await using site = await deployedLiveSite();
  const old = await pidAt(site);
  Deno.removeSync(site.path(".zdd"), { recursive: true });
  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`web: found ${old} `));
  assertEquals(servers(site), [await pidAt(site)]);
});
