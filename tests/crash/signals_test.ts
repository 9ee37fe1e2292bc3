import { assert, assertEquals, assertMatch } from "@std/assert";
import { RunningDeploy } from "../e2e/running_deploy.ts";
import { liveConf, liveService, pidAt } from "../support/live_site.ts";
import { until, ZDD } from "../support/site.ts";
import { CrashSite, type Switch } from "./crash_site.ts";

const SWITCHES: Switch[] = ["live", "reload"];
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A deploy.conf with hooks, of a site of a kind. */
function confOf(kind: Switch, deploy: string[], lines: string[] = []): string {
  const port = kind === "live" ? "env" : "own";
  return liveConf([liveService({ port, lines })], deploy);
}

/** A hook that says that it runs, and waits until it may end. */
const WAITING = "touch begun; while test ! -e go; do sleep 0.05; done";

for (const kind of SWITCHES) {
  for (const signal of SIGNALS) {
    Deno.test(`${signal} before the switch undoes, behind it the deploy finishes (${kind})`, async () => {
      await using own = await CrashSite.create(kind);
      const { site } = own;
      const old = await pidAt(site);
      site.write("deploy.conf", confOf(kind, [`before_switch: ${WAITING}`]));
      const undone = new RunningDeploy(site);
      await until("the hook runs", () => site.exists("begun"));
      undone.kill(signal);
      const { code, stderr } = await undone.outcome();
      assertEquals(code, 1, stderr);
      assertMatch(stderr, new RegExp(`Interrupted by ${signal}`));
      assertEquals(await pidAt(site), old);
      await own.assertWhole();

      Deno.removeSync(site.path("begun"));
      site.write("deploy.conf", confOf(kind, [`after_switch: ${WAITING}`]));
      const finished = new RunningDeploy(site);
      await until("the hook runs", () => site.exists("begun"));
      finished.kill(signal);
      site.write("go", "");
      const outcome = await finished.outcome();
      assertEquals(outcome.code, 0, outcome.stderr);
      assert(await pidAt(site) !== old);
      await own.assertWhole();
      await own.assertNothingFailed();
    });
  }

  Deno.test(`a second SIGINT leaves at once, and the next run repairs (${kind})`, async () => {
    await using own = await CrashSite.create(kind);
    const { site } = own;
    const old = await pidAt(site);
    // A release that never serves, and that takes its time to end.
    const start = `trap "" TERM; touch begun; while :; do sleep 0.1; done`;
    const conf = confOf(kind, [], ["start_timeout: 600", "stop_timeout: 600"]);
    site.write("deploy.conf", conf.replace(/^start: .*$/m, `start: ${start}`));
    const deploy = new RunningDeploy(site);
    await until("it starts", () => site.exists("begun"));
    deploy.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const began = performance.now();
    deploy.kill("SIGINT");
    const { code } = await deploy.outcome();
    assertEquals(code, 130);
    assert(performance.now() - began < 4000);
    assert(site.exists(".zdd/journal.json"));
    assertEquals(await pidAt(site), old);

    site.write("deploy.conf", confOf(kind, []));
    const { stderr } = await site.deploy();
    assertMatch(stderr, /undid the deploy of/);
    await own.assertWhole();
    await own.assertNothingFailed();
  });

  for (const how of ["2>&1 | true", "2>&1 | head -1", ">&- 2>&- <&-"]) {
    Deno.test(`zddeploy ${how} is no half deploy (${kind})`, async () => {
      await using own = await CrashSite.create(kind);
      const { site } = own;
      const old = await pidAt(site);
      const words = ZDD.map((word) => `'${word}'`).join(" ");
      for (const option of ["--verbose", "--json"]) {
        // The shell waits for the last of a pipe only, hence the file.
        const run = `(${words} ${option}; echo $? >status) ${how}`;
        await site.command("bash", "-c", run).output();
        await until("it has ended", () => site.exists("status"));
        assertEquals(site.read("status"), "0\n");
        Deno.removeSync(site.path("status"));
        await own.assertWhole();
      }
      assert(await pidAt(site) !== old);
      await own.assertNothingFailed();
    });
  }
}

Deno.test("a reader who reads nothing more is no reason to forget who serves", async () => {
  await using own = await CrashSite.create("live");
  const { site } = own;
  // More than a pipe holds, in one hook's output.
  const hook = "before_switch: seq -f '%%02000g' 60";
  site.write("deploy.conf", confOf("live", [hook]));
  const words = ZDD.map((word) => `'${word}'`).join(" ");
  const run = `(${words}; echo $? >status) 2>&1 | sleep 3`;
  await site.command("bash", "-c", run).output();
  await until("it has ended", () => site.exists("status"));
  assertEquals(site.read("status"), "0\n");
  await own.assertWhole();
  await own.assertNothingFailed();
});
