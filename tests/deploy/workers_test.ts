import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { deployRelease } from "../../lib/deploy/change/release.ts";
import { startMissing } from "../../lib/deploy/change/start_missing.ts";
import { promote, rollback } from "../../lib/deploy/change/traffic.ts";
import { status } from "../../lib/deploy/look/status.ts";
import { exists } from "../../lib/system/files.ts";
import { identify } from "../../lib/system/process.ts";
import { type ServiceState, stateOf } from "../../lib/state/state.ts";
import { until } from "../support/until.ts";
import { Rig } from "./rig.ts";

/** A test whose instances outlive the calls that start them. */
function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, fn: body, sanitizeOps: false, sanitizeResources: false });
}

const deploy = (rig: Rig, options = {}) =>
  deployRelease(rig.project, { ...rig.options(), ...options });

const start = (rig: Rig) => startMissing(rig.project, rig.options());

const isRunning = (pid = 0) => identify(pid) !== undefined;

/** A rig with a section [service:worker]. */
function rigWith(lines: string[], web: string[] = []): Rig {
  const rig = new Rig();
  configure(rig, lines, web);
  return rig;
}

function configure(rig: Rig, lines: string[], web: string[] = []): void {
  const worker = ["[service:worker]", "port: none", ...lines];
  if (!lines.some((line) => line.startsWith("settle"))) {
    worker.push("settle: 0.1");
  }
  const sections = worker.join("\n");
  rig.configure({ lines: web, sections });
}

function worker(rig: Rig): ServiceState {
  return stateOf(rig.state, "worker");
}

const pidsOf = ({ current }: ServiceState) =>
  current.map(({ process }) => process.pid);

/** What has happened to a service. */
const eventsOf = (rig: Rig, name = "worker") =>
  rig.events.filter((event) => event.split(" ")[1] === `${name}:`);

test("a worker is started, replaced and stopped with the others, and has no address", async () => {
  await using rig = rigWith(["start: sleep 1000"]);
  await deploy(rig, { release: "1" });
  const [old] = worker(rig).current;
  assertEquals(old?.address, undefined);
  assertEquals(eventsOf(rig), ["start worker: started N"]);

  const { changed, services, warnings } = await deploy(rig, { release: "2" });
  const [present] = pidsOf(worker(rig));
  assert(present !== old?.process.pid && isRunning(present));
  assert(!isRunning(old?.process.pid));
  assertEquals([changed, warnings], [true, []]);
  assertEquals(services.map(({ name }) => name), ["web", "worker"]);
  assertEquals(eventsOf(rig), [
    "start worker: started N",
    "switch worker: switched to N",
    "stop worker: stopped N",
  ]);
  const { ok, services: seen } = status(rig.project);
  const [shown] = seen.at(-1)?.instances ?? [];
  assertEquals([ok, shown?.state, shown?.pid], [true, "serving", present]);
  assertEquals([shown?.address, shown?.connections], [undefined, undefined]);
});

test("a worker that ends before it has settled fails the deploy", async () => {
  await using rig = rigWith(["start: sleep 1000"]);
  await deploy(rig);
  const before = [rig.serving, pidsOf(worker(rig))];
  configure(rig, [
    "start: echo no queue >&2; sleep 0.1; exit 7",
    "settle: 20",
  ]);
  const error = await assertRejects(() => deploy(rig), Error, "exit status 7");
  assertMatch(JSON.stringify(error), /no queue/);
  assertEquals([rig.serving, pidsOf(worker(rig))], before);
  assert(pidsOf(worker(rig)).every(isRunning));
});

test("a worker that begins anew again and again hasn't settled", async () => {
  await using rig = rigWith([
    "start: " + Array(200).fill("sleep 0.1").join("; "),
    "settle: 2",
    "start_timeout: 3",
  ]);
  await assertRejects(
    () => deploy(rig),
    Error,
    "worker didn't start: none of its processes ran for 2 s",
  );
});

test("what runs in the shells around a worker is the one that is told to end", async () => {
  await using rig = rigWith([
    "start: true && sh -c 'true; sleep 1000; true'",
  ]);
  await deploy(rig);
  const [pid] = pidsOf(worker(rig));
  assertEquals(Deno.readTextFileSync(`/proc/${pid}/comm`), "sleep\n");
  await deploy(rig);
  assert(!isRunning(pid));
});

test("a worker that makes itself a daemon is followed, by its pid file or without one", async () => {
  for (const line of ["pid_file: worker.pid", ""]) {
    const write = line === "" ? "" : "echo $! >worker.pid;";
    await using rig = rigWith([
      `start: setsid sleep 1000 >/dev/null 2>&1 & ${write} sleep 0.1`,
      ...line === "" ? [] : [line],
    ]);
    await deploy(rig);
    const [pid] = pidsOf(worker(rig));
    assertEquals(Deno.readTextFileSync(`/proc/${pid}/comm`), "sleep\n");
    await deploy(rig);
    assert(!isRunning(pid));
    assert(pidsOf(worker(rig)).every(isRunning));
  }
});

test("what a worker leaves behind when it ends is no worker", async () => {
  await using rig = rigWith(["start: sleep 1000 & exec sleep 1000"]);
  await deploy(rig);
  const [pid] = pidsOf(worker(rig));
  Deno.kill(pid ?? 0, "SIGKILL");
  await until("it is dead", () => !status(rig.project).ok);
  await start(rig);
  assertEquals(pidsOf(worker(rig)).length, 1);
  assert(pidsOf(worker(rig)).every((one) => one !== pid && isRunning(one)));
});

test("`ready` tells when a worker works, and is told its pid", async () => {
  await using rig = rigWith([
    "start: sleep 1000",
    'ready: test -f ready && echo "$ZDD_PID" >told',
  ]);
  const deployed = deploy(rig);
  await until("it runs", () => exists(rig.path(".zdd/journal.json")));
  rig.write("ready", "");
  await deployed;
  assertEquals([Number(rig.read("told"))], pidsOf(worker(rig)));
});

test("a worker of a deploy that fails is left to finish its job", async () => {
  await using rig = rigWith(["start: sleep 1000"]);
  await deploy(rig);
  const before = pidsOf(worker(rig));
  configure(rig, [
    "start: trap '' TERM; until test -f go; do sleep 0.05; done; touch done",
    "stop_timeout: 0.1",
  ], ["after: worker", "health: /missing", "health_timeout: 0.2"]);
  await assertRejects(() => deploy(rig), Error, "/missing isn't healthy");
  assertEquals(pidsOf(worker(rig)), before);
  const [left] = worker(rig).retiring;
  assert(isRunning(left?.instance.process.pid));
  assert(!exists(rig.path("done")));
  rig.write("go", "");
  await until("it has done its job", () => exists(rig.path("done")));
  await until("it has ended", () => !isRunning(left?.instance.process.pid));
  configure(rig, ["start: sleep 1000"]);
  await deploy(rig);
  assertEquals(worker(rig).retiring, []);
});

test("rollback exchanges a worker and its standby; a canary works beside the others", async () => {
  await using rig = rigWith(["start: sleep 1000", "standby: yes"]);
  await deploy(rig);
  const first = pidsOf(worker(rig));
  await deploy(rig);
  const second = pidsOf(worker(rig));
  const { changed } = await rollback(rig.project, rig.options());
  assertEquals([changed, pidsOf(worker(rig))], [true, first]);
  assertEquals(eventsOf(rig), ["switch worker: switched to N"]);
  assertEquals(worker(rig).standby.map(({ process }) => process.pid), second);

  await deploy(rig, { canary: 10 });
  assertEquals(pidsOf(worker(rig)), first);
  const canary = worker(rig).canary?.instances
    .map(({ process }) => process.pid);
  await promote(rig.project, rig.options());
  assertEquals(pidsOf(worker(rig)), canary);
});

test("start begins what `instances` has become too few for, and stops what is too many", async () => {
  await using rig = rigWith(["start: sleep 1000", "instances: 1"], [
    "instances: 2",
  ]);
  await deploy(rig, { release: "1" });
  const [web, [one]] = [rig.serving, pidsOf(worker(rig))];

  configure(rig, ["start: sleep 1000", "instances: 3"], ["instances: 3"]);
  const more = await start(rig);
  assertEquals([more.changed, more.nginx.action], [true, "reloaded"]);
  assertEquals(rig.serving.slice(0, 2), web);
  assertEquals([rig.serving.length, pidsOf(worker(rig)).length], [3, 3]);
  assertEquals(pidsOf(worker(rig))[0], one);
  const releases = [...rig.web.current, ...worker(rig).current]
    .map(({ release }) => release);
  assertEquals(new Set(releases), new Set(["1"]));
  const most = [...rig.serving, ...pidsOf(worker(rig))];

  configure(rig, ["start: sleep 1000"]);
  const fewer = await start(rig);
  const kept = [...rig.serving, ...pidsOf(worker(rig))];
  assertEquals(kept, [web[0], one]);
  const stopped = most.filter((pid) => !kept.includes(pid));
  assertEquals([stopped.length, stopped.some(isRunning)], [4, false]);
  assertEquals(
    fewer.services.flatMap(({ previous }) => previous).map(({ pid, state }) =>
      `${pid} ${state}`
    ).sort(),
    stopped.map((pid) => `${pid} stopped`).sort(),
  );
  assertEquals(await rig.get(), 200);
  assertEquals((await start(rig)).changed, false);
});

test("a service is started when those that it is `after` are ready", async () => {
  await using rig = rigWith(
    ["start: date +%%s%%N >ready-at; exec sleep 1000"],
    [
      "after: worker",
      "env: X=1",
    ],
  );
  await deploy(rig);
  assertEquals(
    rig.events.filter((event) => event.startsWith("start ")).map((event) =>
      event.split(" ")[1]
    ),
    ["worker:", "web:"],
  );
  const [web] = rig.web.current;
  const ready = Number(rig.read("ready-at")) / 1e6;
  assert(Date.parse(web?.startedAt ?? "") >= ready, "web was begun earlier");
});

test("what is after a service that fails isn't started at all", async () => {
  await using rig = rigWith(["start: exit 1"], ["after: worker"]);
  const start = "touch web-was-here; exec busybox httpd -f -p {port}";
  const sections = "[service:worker]\nport: none\nstart: exit 1";
  rig.configure({ lines: ["after: worker"], sections, start });
  await assertRejects(() => deploy(rig), Error, "worker didn't start");
  assert(!exists(rig.path("web-was-here")));
  assertEquals(rig.serving, []);
});
