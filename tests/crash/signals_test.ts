import { assert, assertEquals, assertMatch } from "@std/assert";
import { CrashSite, type Switch } from "./crash_site.ts";
import { until } from "../support/until.ts";
import { ZDD } from "../support/site.ts";

const SWITCHES: Switch[] = ["live", "reload"];
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A hook that says that it runs, and waits until it may end. */
const WAITING = "touch begun; while test ! -e go; do sleep 0.05; done";

for (const kind of SWITCHES) {
  for (const signal of SIGNALS) {
    Deno.test(`${signal} before the switch undoes, behind it the deploy finishes (${kind})`, async () => {
      await using own = await CrashSite.create(kind);
      const { site } = own;
      const old = await site.pidAt();
      site.configure({ deploy: [`before_switch: ${WAITING}`] });
      const undone = site.start();
      await until("the hook runs", () => site.exists("begun"));
      undone.kill(signal);
      const { code, stderr } = await undone.outcome();
      assertEquals(code, 1, stderr);
      assertMatch(stderr, new RegExp(`Interrupted by ${signal}`));
      assertEquals(await site.pidAt(), old);
      await own.assertWhole();

      Deno.removeSync(site.path("begun"));
      site.configure({ deploy: [`after_switch: ${WAITING}`] });
      const finished = site.start();
      await until("the hook runs", () => site.exists("begun"));
      finished.kill(signal);
      site.write("go", "");
      const outcome = await finished.outcome();
      assertEquals(outcome.code, 0, outcome.stderr);
      assert(await site.pidAt() !== old);
      await own.assertWhole();
      await own.assertNothingFailed();
    });
  }

  Deno.test(`a second SIGINT leaves at once, and the next run repairs (${kind})`, async () => {
    await using own = await CrashSite.create(kind);
    const { site } = own;
    const old = await site.pidAt();
    // A release that never serves, and that takes its time to end.
    const start = `trap "" TERM; touch begun; while :; do sleep 0.1; done`;
    const lines = ["start_timeout: 600", "stop_timeout: 600"];
    site.configure({ start, lines });
    const deploy = site.start();
    await until("it starts", () => site.exists("begun"));
    deploy.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const began = performance.now();
    deploy.kill("SIGINT");
    const { code } = await deploy.outcome();
    assertEquals(code, 130);
    assert(performance.now() - began < 120_000);
    assert(site.exists(".zdd/journal.json"));
    assertEquals(await site.pidAt(), old);

    site.configure();
    const { stderr } = await site.deploy();
    assertMatch(stderr, /undid the deploy of/);
    await own.assertWhole();
    await own.assertNothingFailed();
  });

  for (const how of ["2>&1 | true", "2>&1 | head -1", ">&- 2>&- <&-"]) {
    Deno.test(`zddeploy ${how} is no half deploy (${kind})`, async () => {
      await using own = await CrashSite.create(kind);
      const { site } = own;
      const old = await site.pidAt();
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
      assert(await site.pidAt() !== old);
      await own.assertNothingFailed();
    });
  }
}

Deno.test("a reader who reads nothing more is no reason to forget who serves", async () => {
  await using own = await CrashSite.create("live");
  const { site } = own;
  // More than a pipe holds, in one hook's output.
  const hook = "before_switch: seq -f '%%02000g' 60";
  site.configure({ deploy: [hook] });
  const words = ZDD.map((word) => `'${word}'`).join(" ");
  const run = `(${words}; echo $? >status) 2>&1 | sleep 3`;
  await site.command("bash", "-c", run).output();
  await until("it has ended", () => site.exists("status"));
  assertEquals(site.read("status"), "0\n");
  await own.assertWhole();
  await own.assertNothingFailed();
});
