import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { isAlive, titleOf } from "../support/processes.ts";
import { until } from "../support/until.ts";

interface Shown {
  state: string;
  pid: number;
}

/** What `zddeploy status` says of the instances of the only service. */
async function instances(site: Site): Promise<Shown[]> {
  const { stdout } = await site.zdd("status", "--json");
  const [service] = JSON.parse(stdout).services;
  return service.instances.map(({ state, pid }: Shown) => ({ state, pid }));
}

/** Writes down which process it is to stop, and takes its time. */
const ENDLESS_STOP = `sh -c 'echo $0 >> stops; sleep 600; kill $0'`;

Deno.test("an endless stop command holds the deploy for stop_timeout only", async () => {
  await using site = await Site.classic({
    lines: [`stop: ${ENDLESS_STOP}`, "stop_timeout: 1"],
  }).deployed();
  const old = await site.pidAt();
  const begin = performance.now();
  const { stderr } = await site.deploy();
  const seconds = (performance.now() - begin) / 1000;
  assert(seconds < 60, `it took ${seconds} s`);
  assertMatch(
    stderr,
    new RegExp(`warning: ${old} still runs 1 s after "sh -c 'echo`),
  );

  // The command goes on, and the old instance with it.
  assert(isAlive(old));
  assertEquals(sleepers(site).length, 1);
  const current = await site.pidAt();
  assertEquals(await instances(site), [
    { state: "serving", pid: current },
    { state: "stopping", pid: old },
  ]);
  const { code, stdout } = await site.zdd("status");
  assertEquals(code, 0);
  assertMatch(stdout, new RegExp(`^web +stopping +${old} `, "m"));
});

Deno.test("an instance that is stopping is told of at the next deploy, and not stopped twice", async () => {
  await using site = await Site.classic({
    lines: [`stop: ${ENDLESS_STOP}`, "stop_timeout: 1"],
  }).deployed();
  const first = await site.pidAt();
  await site.deploy();
  const second = await site.pidAt();
  const { stderr } = await site.deploy();
  assertEquals(site.read("stops"), `${first}\n${second}\n`);
  const shown = await instances(site);
  assertEquals(shown[0]?.state, "serving");
  assertEquals(
    shown.slice(1).map(({ pid }) => pid).toSorted(),
    [first, second].toSorted(),
  );
  assertMatch(stderr, new RegExp(`${second} still runs`));
  assertMatch(stderr, new RegExp(`${first} still runs`));
});

Deno.test("an instance that was stopping is forgotten when it has ended", async () => {
  await using site = await Site.classic({
    lines: [`stop: ${ENDLESS_STOP}`, "stop_timeout: 1"],
  }).deployed();
  const old = await site.pidAt();
  await site.deploy();
  for (const pid of sleepers(site)) Deno.kill(pid, "SIGTERM");
  await until("the stop command goes on and ends it", () => !isAlive(old));
  const current = await site.pidAt();
  assertEquals(await instances(site), [{ state: "serving", pid: current }]);
});

Deno.test("kill_after kills what doesn't end by itself", async () => {
  await using site = await Site.classic({
    mode: "stays",
    lines: ["kill_after: 1"],
  }).deployed();
  const old = await site.pidAt();
  const before = site.processes().length;
  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`web: killed ${old}`));
  assertEquals(isAlive(old), false);
  await site.untilCount(before);
  assertEquals(site.exists(`${old}.port`), false);
});

Deno.test("a stop command that fails is named with its exit status", async () => {
  await using site = await Site.classic({
    lines: ["stop: false", "stop_timeout: 1"],
  }).deployed();
  const old = await site.pidAt();
  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`warning: ${old} still runs`));
  assertMatch(stderr, /"false" \(exit status 1\)/);
});

Deno.test("warnings are in the JSON of a deploy too", async () => {
  await using site = await Site.classic({
    lines: ["stop: true", "stop_timeout: 500ms"],
  }).deployed();
  const old = await site.pidAt();
  const { stdout } = await site.deploy("--json");
  const { changed, services, warnings } = JSON.parse(stdout);
  assertEquals(changed, true);
  assertEquals(services[0].previous, [
    { service: "web", pid: old, state: "stopping" },
  ]);
  assertEquals(warnings.length, 1);
  assertMatch(warnings[0], new RegExp(`^web: ${old} still runs`));
});

Deno.test("the old instance is stopped by the stop command of today", async () => {
  await using site = await Site.classic({ lines: ["stop: false"] }).deployed();
  const old = await site.pidAt();
  site.configure({ lines: ["stop: kill -TERM"] });
  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`web: stopped ${old}`));
});

/** The `sleep 600` of stop commands that run. */
function sleepers(site: Site): number[] {
  return site.processes().filter((pid) => titleOf(pid) === "sleep 600");
}
