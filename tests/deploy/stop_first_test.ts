import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { deployRelease } from "../../lib/deploy/change/release.ts";
import { dryRun } from "../../lib/deploy/change/dry_run.ts";
import { startMissing } from "../../lib/deploy/change/start_missing.ts";
import { ExitStatus, ZddError } from "../../lib/error.ts";
import { exists } from "../../lib/system/files.ts";
import { identify } from "../../lib/system/process.ts";
import { type ServiceState, stateOf } from "../../lib/state/state.ts";
import { Rig, type RigOptions } from "./rig.ts";
import { onlyOnce } from "../support/only_once.ts";

/** A test whose instances outlive the calls that start them. */
function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, fn: body, sanitizeOps: false, sanitizeResources: false });
}

const deploy = (rig: Rig, options = {}) =>
  deployRelease(rig.project, { ...rig.options(), ...options });

const isRunning = (pid = 0) => identify(pid) !== undefined;

/** A rig with a scheduler that notices if it runs twice. */
function rigWith(lines: string[] = []): Rig {
  const rig = new Rig();
  Deno.mkdirSync(rig.path("one"));
  rig.write("one/scheduler.sh", onlyOnce(rig.path("")));
  configure(rig, lines);
  return rig;
}

function configure(
  rig: Rig,
  lines: string[] = [],
  { sections = "", ...web }: RigOptions = {},
): void {
  const all = ["cwd: one", "start: sh scheduler.sh", "settle: 0.1", ...lines];
  // The last of each key holds.
  const own = new Map(all.map((line) => [line.split(":")[0], line]));
  const scheduler = [
    "[service:scheduler]\nport: none\nreplace: stop-first",
    ...own.values(),
  ];
  rig.configure({ ...web, sections: [...scheduler, sections].join("\n") });
}

function scheduler(rig: Rig): ServiceState {
  return stateOf(rig.state, "scheduler");
}

const pidsOf = ({ current }: ServiceState) =>
  current.map(({ process }) => process.pid);

const assertOnce = (rig: Rig) => assert(!exists(rig.path("twice")), "twice");

test("a scheduler has ended before its successor begins, and those that it waits for serve already", async () => {
  await using rig = rigWith();
  await deploy(rig, { release: "1" });
  const [old] = pidsOf(scheduler(rig));
  const { services } = await deploy(rig, { release: "2" });
  const [present] = pidsOf(scheduler(rig));
  assert(present !== old && isRunning(present) && !isRunning(old));
  assertEquals(rig.read("begun").trim().split("\n").map(Number), [
    old,
    present,
  ]);
  assertOnce(rig);
  const events = rig.events.filter((event) => /^(start|stop) /.test(event));
  assertEquals(events.map((event) => event.replace(/ on .*/, "")), [
    "start web: started N",
    "stop scheduler: stopped N",
    "start scheduler: started N",
    "stop web: stopped N",
  ]);
  assertEquals(services.at(-1)?.previous, [
    { service: "scheduler", pid: old ?? 0, state: "stopped" },
  ]);
  assertEquals(scheduler(rig).retiring, []);
});

test("a scheduler whose successor fails is back, with the command and in the directory that it had", async () => {
  await using rig = rigWith(["cwd: current"]);
  Deno.symlinkSync("one", rig.path("current"));
  configure(rig, ["cwd: current", "env: SAYS=1"]);
  await deploy(rig, { release: "1" });
  const [old] = scheduler(rig).current;
  const web = rig.serving;

  Deno.mkdirSync(rig.path("two"));
  rig.write("two/scheduler.sh", "echo broken >&2; exit 3\n");
  Deno.removeSync(rig.path("current"));
  Deno.symlinkSync("two", rig.path("current"));
  const error = await assertRejects(
    () => deploy(rig, { release: "2" }),
    ZddError,
    "scheduler didn't start",
  );
  assertEquals([error.exitStatus, error.quote], [ExitStatus.failed, [
    "broken",
  ]]);
  const [back] = scheduler(rig).current;
  assert(back?.process.pid !== old?.process.pid);
  assert(isRunning(back?.process.pid) && !isRunning(old?.process.pid));
  assertEquals([back?.release, back?.cwd], ["1", rig.path("one")]);
  assertEquals(rig.serving, web);
  assertOnce(rig);
  assert(!exists(rig.directory.journal));
  // What is back is what is there, for all that comes.
  const again = await startMissing(rig.project, rig.options());
  assertEquals(again.changed, false);
});

test("a scheduler is back if something else fails after it was stopped", async () => {
  await using rig = rigWith();
  await deploy(rig);
  const [old] = pidsOf(scheduler(rig));
  configure(rig, [], { deploy: ["before_switch: exit 5"] });
  await assertRejects(() => deploy(rig), ZddError, "before_switch failed");
  const [back] = pidsOf(scheduler(rig));
  assert(back !== old && isRunning(back));
  assertEquals(rig.read("begun").trim().split("\n").length, 3);
  assertOnce(rig);
});

test("a scheduler isn't stopped if something else has failed before", async () => {
  await using rig = rigWith();
  await deploy(rig);
  const before = pidsOf(scheduler(rig));
  configure(rig, [], { start: "exit 1" });
  await assertRejects(() => deploy(rig), ZddError, "web didn't start");
  assertEquals(pidsOf(scheduler(rig)), before);
  assert(isRunning(before[0]));
});

test("a scheduler that can't be started again is told of, and comes back with the next deploy", async () => {
  await using rig = rigWith();
  await deploy(rig);
  const good = rig.read("one/scheduler.sh");
  rig.write("one/scheduler.sh", "exit 3\n");
  const error = await assertRejects(() => deploy(rig), ZddError);
  assertMatch(
    error.message,
    /^scheduler didn't start: .*\nand scheduler could not be started again: /,
  );
  assertEquals(error.exitStatus, ExitStatus.broken);
  assertEquals(error.hint, "fix that, then run zddeploy start");
  assert(!exists(rig.directory.journal));
  rig.write("one/scheduler.sh", good);
  const { changed } = await startMissing(rig.project, rig.options());
  assertEquals([changed, pidsOf(scheduler(rig)).length], [true, 1]);
  assertOnce(rig);
});

test("a scheduler that doesn't end keeps another from being started, and runs on", async () => {
  await using rig = rigWith();
  await deploy(rig);
  const [old] = pidsOf(scheduler(rig));
  Deno.kill(old ?? 0, "SIGSTOP");
  configure(rig, ["stop_timeout: 0.2"]);
  const error = await assertRejects(() => deploy(rig), ZddError);
  assertMatch(error.message, /^scheduler \d+ still runs 200 ms after "kill -T/);
  assertEquals(pidsOf(scheduler(rig)), [old]);
  assertEquals(rig.read("begun").trim().split("\n").length, 1);

  configure(rig, ["kill_after: 0.2"]);
  await deploy(rig);
  assert(!isRunning(old) && pidsOf(scheduler(rig)).every(isRunning));
  assertOnce(rig);
});

test("of several that stop first, those that have ended are back if one doesn't end", async () => {
  await using rig = rigWith(["start: sleep 1000", "instances: 2"]);
  await deploy(rig, { release: "1" });
  const [one, two] = pidsOf(scheduler(rig));
  Deno.kill(two ?? 0, "SIGSTOP");
  configure(rig, ["start: sleep 1000", "instances: 2", "stop_timeout: 0.2"]);
  await assertRejects(() => deploy(rig), ZddError, `${two} still runs`);
  const [back, still] = pidsOf(scheduler(rig));
  assertEquals([still, isRunning(one)], [two, false]);
  assert(back !== one && isRunning(back));
  configure(rig, ["start: sleep 1000", "kill_after: 0.2"]);
  await deploy(rig);
  assertEquals([back, still].filter(isRunning), []);
});

test("what is left of a scheduler that has ended is ended before it is started again", async () => {
  await using rig = rigWith(["start: sleep 1000 & exec sh scheduler.sh"]);
  await deploy(rig);
  const [old] = scheduler(rig).current;
  const left = Deno.readTextFileSync(
    `/proc/${old?.process.pid}/task/${old?.process.pid}/children`,
  ).trim().split(" ").map(Number);
  Deno.kill(old?.process.pid ?? 0, "SIGKILL");
  assert(left.some(isRunning));
  await startMissing(rig.project, rig.options());
  assert(!left.some(isRunning));
  assertEquals(pidsOf(scheduler(rig)).length, 1);
});

test("a server with a fixed port is replaced if it stops first, and is back if that fails", async () => {
  await using rig = rigWith();
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const fixed = (start: string) => ({
    sections: `[service:fixed]\nport: ${port}\nreplace: stop-first\n` +
      `start: ${start}`,
  });
  const good = `busybox httpd -f -p 127.0.0.1:${port} -h www`;
  configure(rig, [], fixed(good));
  const pidOf = () => pidsOf(stateOf(rig.state, "fixed"))[0];
  await deploy(rig);
  const first = pidOf();
  await deploy(rig);
  const second = pidOf();
  assert(second !== first && isRunning(second) && !isRunning(first));
  configure(rig, [], fixed("exit 1"));
  await assertRejects(() => deploy(rig), ZddError, "fixed didn't start");
  const third = pidOf();
  assert(third !== second && isRunning(third) && !isRunning(second));
});

test("what must never run twice has no canary", async () => {
  await using rig = rigWith();
  await deploy(rig);
  const before = pidsOf(scheduler(rig));
  for (
    const refused of [
      () => deploy(rig, { canary: 10 }),
      () => dryRun(rig.project, { shares: [10] }),
    ]
  ) {
    const error = await assertRejects(refused, ZddError, "never runs twice");
    assertEquals(error.exitStatus, ExitStatus.usage);
  }
  assertEquals(pidsOf(scheduler(rig)), before);
  await deploy(rig, { canary: 10, services: ["web"] });
});
