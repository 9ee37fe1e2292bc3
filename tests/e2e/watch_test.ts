import { assert, assertEquals, assertMatch } from "@std/assert";
import { StateDir } from "../../lib/state/state_dir.ts";
import { serviceSection } from "../support/project.ts";
import { Site } from "../support/site.ts";
import { sleep } from "../../lib/system/wait.ts";
import { until } from "../support/until.ts";

/** What a watch says of one of its steps. */
interface Step {
  percent: number;
  result: string;
  services: {
    service: string;
    worse?: string;
    enough: boolean;
    now: Figures;
    before: Figures;
  }[];
}

interface Figures {
  pids: number[];
  requests: number;
  failed: number;
  failures: Record<string, number>;
  p50?: number;
}

/** Longer than any of these releases is watched that goes back. */
const LONG = ["--watch", "10m"];

/** Nobody knows how busy the machine is that these tests run on. */
const UNTIMED = "watch_slower: none";

/** A site that serves, and the pid that does. */
async function served(
  deploy: string[] = [UNTIMED],
): Promise<{ site: Site; old: number }> {
  const site = await Site.live({ deploy }).deployed();
  return { site, old: await site.pidAt() };
}

function stepsIn(stdout: string): Step[] {
  return JSON.parse(stdout).watch;
}

/** Nginx was told to log no more, and nothing is left of what it has but what came in late. */
function assertClean(site: Site): void {
  assert(!site.exists(".zdd/live/steering"), "nginx asks for nothing more");
  const { size } = Deno.statSync(site.path(".zdd/live/watch.log"));
  assert(size < 10_000, `${size} bytes are left`);
}

Deno.test("a release that does as well as the one before stays", async () => {
  const { site, old } = await served();
  await using _ = site;
  await using load = await site.load();
  const { stdout } = await site.deploy("deploy", "--watch", "1", "--json");
  const [now = 0] = await site.pidsOf("serving");
  assert(now !== old);
  assertEquals(site.servers(), [now]);
  const [step, ...others] = stepsIn(stdout);
  assertEquals([step?.result, step?.percent, others], ["good", 100, []]);
  const [web] = step?.services ?? [];
  assertEquals(
    [web?.now.pids, web?.before.pids, web?.enough],
    [[now], [old], true],
  );
  assert((web?.before.requests ?? 0) > 0, "the minutes before were counted");
  assertClean(site);
  await load.stopWithoutFailure();
});

Deno.test("a release isn't compared with one that another deploy has replaced meanwhile", async () => {
  const { site } = await served();
  await using _ = site;
  const watched = site.start("deploy", "--watch", "30");
  await watched.printed("counting the answers of the serving release, for at");
  await site.deploy("--release", "other");
  const other = await site.pidAt();
  const { code, stderr } = await watched.outcome();
  assertEquals(code, 3, stderr);
  assertMatch(stderr, /Another zddeploy has changed what serves/);
  assertEquals(await site.pidAt(), other);
  assertClean(site);
});

Deno.test("a release that fails goes back without a start or a reload, and says why", async () => {
  const hook = 'on_failure: echo "$ZDD_COMMAND: $ZDD_ERROR" >failure';
  const { site, old } = await served([hook, UNTIMED]);
  await using _ = site;
  const nginx = site.nginx();
  await using _load = await site.load();
  site.configure({ deploy: [hook, UNTIMED], mode: "fails:5" });
  const { code, stdout, stderr } = await site.zdd("deploy", ...LONG, "--json");
  assertEquals(code, 1);
  assertMatch(stderr, /fails more than .*; the previous release serves again/);
  const [step] = stepsIn(stdout);
  const [web] = step?.services ?? [];
  assertEquals([step?.result, web?.worse], ["worse", "errors"]);
  assert((web?.now.failures["5xx"] ?? 0) > 1);
  assertEquals(web?.before.failed, 0);
  assertEquals(await site.pidsAt(), [old]);
  assertEquals(site.servers(), [old]);
  assertEquals(site.nginx(), nginx);
  assertMatch(site.read("failure"), /^abort: web: .* fails more than /);
  const history = await site.deploy("history");
  assertMatch(history.stdout, /abort .* failed .* fails more than /);
  assertClean(site);
});

Deno.test("a release that breaks answers off goes back", async () => {
  const { site, old } = await served();
  await using _ = site;
  await using _load = await site.load();
  site.configure({ deploy: [UNTIMED], mode: "cuts:5" });
  const { code, stdout, stderr } = await site.zdd("deploy", ...LONG, "--json");
  assertEquals(code, 1, stderr);
  const [web] = stepsIn(stdout)[0]?.services ?? [];
  assert((web?.now.failures.cut ?? 0) > 1, JSON.stringify(web));
  assertEquals(await site.pidsAt(), [old]);
});

Deno.test("a release that ends while it is watched goes back, with its last words", async () => {
  const { site, old } = await served();
  await using _ = site;
  await using _load = await site.load({ clients: 2 });
  const deploy = site.start("deploy", ...LONG);
  await deploy.printed("watching the release");
  const pid = await site.pidAt();
  assert(pid !== old);
  Deno.kill(pid, "SIGKILL");
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 1);
  assertMatch(stderr, new RegExp(`web: ${pid} has ended while it was watched`));
  assertMatch(stderr, /\| server.mjs: listens /);
  assertEquals(await site.pidsAt(), [old]);
});

Deno.test("a canary goes up step by step, and is promoted", async () => {
  const { site, old } = await served();
  await using _ = site;
  await using load = await site.load();
  const { stdout } = await site.deploy(
    ...["deploy", "--canary", "20,60", "--watch", "1", "--json"],
  );
  const steps = stepsIn(stdout);
  assertEquals(
    steps.map(({ percent, result }) => [percent, result]),
    [[20, "good"], [60, "good"]],
  );
  for (const { services: [web] } of steps) {
    assert(
      web !== undefined && web.now.requests > 0 && web.before.requests > 0,
    );
  }
  const [now] = await site.pidsOf("serving");
  assertEquals(site.servers(), [now]);
  assert(now !== old);
  await load.stopWithoutFailure();
});

Deno.test("a canary that fails is aborted at its first step", async () => {
  const { site, old } = await served();
  await using _ = site;
  await using _load = await site.load();
  site.configure({ deploy: [UNTIMED], mode: "fails:5" });
  const { code, stdout } = await site.zdd(
    ...["deploy", "--canary", "20,60", ...LONG, "--json"],
  );
  assertEquals(code, 1);
  assertEquals(
    stepsIn(stdout).map(({ percent, result }) => [percent, result]),
    [[20, "worse"]],
  );
  assertEquals(site.servers(), [old]);
});

for (
  const { command, args, stays } of [
    { command: "promote", args: [], stays: true },
    { command: "abort", args: [], stays: false },
    { command: "promote", args: ["--canary", "5,50"], stays: true },
    { command: "abort", args: ["--canary", "5,50"], stays: false },
    { command: "SIGINT", args: [], stays: false },
    { command: "SIGTERM", args: ["--canary", "5,50"], stays: false },
  ]
) {
  Deno.test(`${command} ends a watch, ${["deploy", ...args].join(" ")}`, async () => {
    const { site, old } = await served();
    await using _ = site;
    await using load = await site.load({ clients: 2 });
    const deploy = site.start("deploy", ...args, ...LONG);
    await deploy.printed("watching the release");
    const refused = await site.zdd();
    assertEquals(refused.code, 3, refused.stderr);
    if (command.startsWith("SIG")) deploy.kill(command as Deno.Signal);
    else await site.deploy(command);
    const { code, stderr } = await deploy.outcome();
    assertEquals(code, stays ? 0 : 1, stderr);
    assertEquals((await site.pidAt()) === old, !stays);
    await until("one is left", () => site.servers().length === 1);
    assertClean(site);
    await site.deploy();
    await load.stopWithoutFailure();
  });
}

for (const args of [[], ["--canary", "30,60"]]) {
  for (const command of ["promote", "abort"]) {
    Deno.test(`a watch that was killed is told of, and ${command} ends it, ${["deploy", ...args].join(" ")}`, async () => {
      const { site, old } = await served();
      await using _ = site;
      await using load = await site.load({ clients: 2 });
      const deploy = site.start("deploy", ...args, ...LONG);
      await deploy.printed("watching the release");
      deploy.kill("SIGKILL");
      await deploy.outcome();
      const status = await site.zdd("status");
      assertMatch(
        status.stdout,
        /^note: the watch of the release .* has died/m,
      );
      const [canary] = await site.instances();
      assertEquals(
        (await site.instances()).map(({ state, percent }) => [state, percent]),
        args.length === 0
          ? [["serving", undefined], ["standby", undefined]]
          : [["serving", undefined], ["canary", 30]],
      );
      assert(canary !== undefined);
      const start = await site.deploy("start");
      assertMatch(start.stderr, /zdd: warning: the watch .* has died/);
      assertClean(site);
      const ended = await site.deploy(command);
      assert(!ended.stderr.includes("nothing to do"), ended.stderr);
      assertEquals((await site.pidAt()) === old, command === "abort");
      assertEquals(site.servers().length, 1);
      const after = await site.deploy("start");
      assert(!after.stderr.includes("has died"));
      await load.stopWithoutFailure();
    });
  }
}

Deno.test("a release goes on, or back, when whatever else runs then is done", async () => {
  const { site } = await served();
  await using _ = site;
  const directory = new StateDir(site.path(".zdd"));
  const deploy = site.start(
    ...["deploy", "--canary", "20,60", "--watch", "3", "--json"],
  );
  await deploy.printed("watching the release");
  {
    using _lock = await directory.acquire(30_000);
    await deploy.printed("web: 20 %: ");
    await sleep(200); // it asks for the lock
  }
  const { code, stdout, stderr } = await deploy.outcome();
  assertEquals(code, 0, stderr);
  assertEquals(stepsIn(stdout).map(({ percent }) => percent), [20, 60]);
  const { warnings } = JSON.parse(stdout);
  assertMatch(warnings.join(), /web: no requests in .*: too few to judge/);
});

Deno.test("a release that ends before it is watched leaves no watch behind", async () => {
  const { site, old } = await served();
  await using _ = site;
  // The hook also runs when the previous release serves again.
  const hook =
    "after_switch: test $ZDD_COMMAND != deploy || kill -9 $ZDD_PID_WEB";
  site.configure({ deploy: [UNTIMED, hook] });
  const { code, stderr } = await site.zdd("deploy", ...LONG);
  assertEquals(code, 1);
  assertMatch(stderr, /release.* serves again/);
  assertEquals(await site.pidsAt(), [old]);
  const status = await site.zdd("status");
  assert(!status.stdout.includes("watch"), status.stdout);
});

Deno.test("a stop ends a watch, and nothing is said to serve again", async () => {
  const { site } = await served();
  await using _ = site;
  const deploy = site.start("deploy", ...LONG);
  await deploy.printed("watching the release");
  await site.deploy("stop");
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 1);
  assertMatch(stderr, /Another zddeploy has stopped what was watched/);
  assert(!stderr.includes("serves again"), stderr);
});

Deno.test("what a watch that was killed has kept goes with the next release, whatever service that is of", async () => {
  const deploy = [UNTIMED];
  const services = ["web", "api"].map((name) => serviceSection({ name }));
  const site = Site.live({ deploy, services });
  await using _ = site;
  await site.deploy();
  const watched = site.start("deploy", ...LONG);
  await watched.printed("watching the release");
  watched.kill("SIGKILL");
  await watched.outcome();
  assertEquals(site.servers().length, 4);
  await site.deploy("deploy", "--service", "web", "--watch", "0");
  assertEquals(site.servers().length, 2);
});

Deno.test("a worker is watched by itself, and a scheduler alone isn't; what serves already takes no time", async () => {
  const watch = "watch: 1";
  const worker = { name: "worker", port: "none", start: "sleep 1000" };
  const services = [
    serviceSection(),
    serviceSection(worker),
    serviceSection({
      ...worker,
      name: "scheduler",
      lines: ["replace: stop-first"],
    }),
  ];
  const site = Site.live({ deploy: [UNTIMED, watch], services });
  await using _ = site;
  await site.deploy();
  const ofWorker = await site.deploy("deploy", "--service", "worker");
  assertMatch(ofWorker.stderr, /watching the release/);
  const scheduler = ["deploy", "--service", "scheduler"];
  const { stderr } = await site.deploy(...scheduler);
  assertMatch(stderr, /nothing is watched/);
  const release = ["deploy", "--service", "web", "--release", "v1"];
  await site.deploy(...release);
  const again = await site.deploy(...release);
  assert(!again.stderr.includes("answered"), again.stderr);
});

Deno.test("without traffic a watch says that nothing could be judged", async () => {
  const { site } = await served();
  await using _ = site;
  const { stderr } = await site.deploy("deploy", "--watch", "100ms");
  assertMatch(stderr, /web: warning: no requests in .*: too few to judge/);
});
