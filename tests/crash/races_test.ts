import { openFiles } from "../../lib/system/process.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { markedInstances, siteOf } from "./crash_site.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";

/** Fails unless one instance runs, which the state knows and nginx asks. */
async function assertOne(site: Site): Promise<void> {
  const serving = await site.pidsOf("serving");
  assertEquals(serving.length, 1);
  assertEquals(markedInstances(site).length, 1);
  assertEquals([await site.pidAt()], serving);
  assertEquals((await site.zdd("status")).code, 0);
}

function killAll(site: Site): void {
  for (const pid of site.processes()) Deno.kill(pid, "SIGKILL");
}

/** A site on which a deploy waits until there is a file `go`. */
async function waitingSite(): Promise<Site> {
  const hook = "before_start: while test ! -e go; do sleep 0.05; done";
  const site = await Site.live({ deploy: [hook], files: { go: "" } })
    .deployed();
  Deno.removeSync(site.path("go"));
  return site;
}

Deno.test("of twenty deploys at once one runs, and the others say which and since when", async () => {
  await using site = await waitingSite();
  const running = Array.from({ length: 20 }, () => site.start());
  await until(
    "nineteen have been refused",
    () =>
      running.filter(({ stderr }) => stderr.includes("--lock-wait")).length ===
        19,
  );
  site.write("go", "");
  const outcomes = await Promise.all(running.map(async (deploy) => ({
    pid: deploy.pid,
    ...await deploy.outcome(),
  })));
  const [winner, ...more] = outcomes.filter(({ code }) => code === 0);
  assertEquals(more, []);
  const words = `Another deploy is running: process ${winner?.pid}, since 2`;
  for (const { code, pid, stderr } of outcomes) {
    if (pid === winner?.pid) continue;
    assertEquals(code, 3, stderr);
    assert(stderr.includes(words), stderr);
  }
  await assertOne(site);
});

Deno.test("deploys with --lock-wait queue, and each of them is done", async () => {
  await using site = await Site.live().deployed();
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, () => site.zdd("deploy", "--lock-wait", "120")),
  );
  for (const { code, stderr } of outcomes) assertEquals(code, 0, stderr);
  await assertOne(site);
  assertEquals(site.read(".zdd/history.jsonl").trim().split("\n").length, 7);
});

Deno.test("--lock-wait waits no longer than it says, nor for an interrupted user", async () => {
  await using site = await waitingSite();
  const first = site.start();
  const signed = new RegExp(`^${first.pid} `);
  await until("it has the lock", () => signed.test(site.read(".zdd/lock")));
  const late = await site.zdd("start", "--lock-wait", "300ms");
  assertEquals(late.code, 3, late.stderr);
  const waiting = site.start("stop", "--lock-wait", "600");
  const lock = Deno.realPathSync(site.path(".zdd/lock"));
  await until(
    "it waits for the lock",
    () => [...openFiles(waiting.pid).values()].includes(lock),
  );
  waiting.kill("SIGTERM");
  const { code, stderr } = await waiting.outcome();
  assertEquals(code, 1);
  assertMatch(stderr, /Interrupted by SIGTERM/);
  site.write("go", "");
  assertEquals((await first.outcome()).code, 0);
  await assertOne(site);
});

for (const kind of ["live", "reload"] as const) {
  Deno.test(`of twenty starts at once after a crash of everything, one starts everything (${kind})`, async () => {
    await using site = await siteOf(kind).deployed();
    killAll(site);
    const outcomes = await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) => site.zdd("start", ...(i % 2 ? ["--lock-wait", "120"] : [])),
      ),
    );
    outcomes.forEach(({ code, stderr }, i) => {
      assert(code === 0 || code === 3 && i % 2 === 0, stderr);
    });
    const started = outcomes.filter(({ stderr }) =>
      /^web: started/m.test(stderr)
    );
    assertEquals(started.length, 1);
    await assertOne(site);
    const masters = site.nginx().length;
    assertEquals(masters, 3); // one and its two workers
  });
}
