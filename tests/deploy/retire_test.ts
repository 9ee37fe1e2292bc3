import { assert, assertEquals, assertRejects } from "@std/assert";
import { deployRelease } from "../../lib/deploy/change/release.ts";
import { stop } from "../../lib/deploy/change/stop.ts";
import { exists } from "../../lib/system/files.ts";
import { identify } from "../../lib/system/process.ts";
import { stateOf } from "../../lib/state/state.ts";
import { until } from "../support/until.ts";
import { Rig } from "./rig.ts";

/** A test whose instances outlive the calls that start them. */
function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, fn: body, sanitizeOps: false, sanitizeResources: false });
}

const deploy = (rig: Rig, options = {}) =>
  deployRelease(rig.project, { ...rig.options(), ...options });

const isRunning = (pid = 0) => identify(pid) !== undefined;

/** What has happened at the end of old instances. */
const ends = (rig: Rig) =>
  rig.events.filter((event) => /^(drain|stop) /.test(event))
    .map((event) => event.replaceAll(rig.path(""), ""));

test("retire is run on an old instance at the switch, with its pid, and told where it is", async () => {
  await using rig = new Rig();
  const lines = [
    "retire: echo 'come back'; echo $ZDD_PID $ZDD_ADDRESS $PORT $X >told; echo",
    "env: X=1",
  ];
  rig.configure({ lines });
  await deploy(rig);
  const [old] = rig.web.current;
  assert(!exists(rig.path("told")));
  const { warnings } = await deploy(rig);
  const { process, address = "" } = old ?? {};
  assertEquals(
    rig.read("told"),
    `${process?.pid} ${address} ${address.split(":")[1]} 1\n`,
  );
  assertEquals(ends(rig).sort(), [
    "drain web: N",
    "drain web: come back",
    "drain web: drained N",
    "drain web: retired N",
    "stop web: stopped N",
  ]);
  assertEquals(warnings, []);
});

test("an old instance isn't stopped before retire has ended; it has drain_timeout for that", async () => {
  await using rig = new Rig();
  rig.configure({
    lines: ["retire: until test -f go; do sleep 0.02; done; kill -0"],
  });
  await deploy(rig);
  const [old] = rig.serving;
  const deployed = deploy(rig);
  await until(
    "it is drained",
    () => rig.events.includes("drain web: drained N"),
  );
  assert(isRunning(old));
  rig.write("go", "");
  assertEquals((await deployed).warnings, []);
  assert(!isRunning(old));

  rig.configure({
    lines: ["retire: sleep 1000 #", "drain_timeout: 0.3"],
  });
  const { warnings } = await deploy(rig);
  const [warning = ""] = warnings;
  assertEquals(
    warning.replace(/\d+"/, 'N"'),
    `web: "sleep 1000 # N" didn't end within 300 ms: it was ended`,
  );
  assertEquals(rig.web.retiring, []);
});

test("a retire that fails is told of, and changes nothing", async () => {
  await using rig = new Rig();
  rig.configure({ lines: ["retire: echo no such job; exit 3 #"] });
  await deploy(rig);
  const [old] = rig.serving;
  const { warnings } = await deploy(rig);
  assertEquals(warnings, [
    `web: "echo no such job; exit 3 # ${old}" failed: exit status 3`,
  ]);
  assert(rig.events.includes("drain web: no such job"));
  assert(!isRunning(old));
});

test("a worker is stopped when retire has ended, which stop doesn't run", async () => {
  await using rig = new Rig();
  const sections = "[service:worker]\nport: none\nsettle: 0.1\n" +
    "start: trap 'echo end >>told; exit' TERM; while true; do sleep 0.02; done\n" +
    "retire: sleep 0.2; echo retire >>told #";
  rig.configure({ sections });
  await deploy(rig);
  await deploy(rig);
  assertEquals(rig.read("told"), "retire\nend\n");
  await stop(rig.project, { ...rig.options(), services: ["worker"] });
  assertEquals(rig.read("told"), "retire\nend\nend\n");
});

test("a worker that was told to retire doesn't come back if its successor ends", async () => {
  await using rig = new Rig();
  const retire = "touch told; " +
    'while kill -0 "$(cat new)" 2>/dev/null; do sleep 0.02; done #';
  const configure = (start: string) =>
    rig.configure({
      sections: "[service:worker]\nport: none\nsettle: 0.1\n" +
        `start: ${start}\nretire: ${retire}`,
    });
  configure("sleep 1000");
  await deploy(rig);
  const [old] = stateOf(rig.state, "worker").current;
  configure("echo $$ >new; until test -f told; do sleep 0.02; done");
  await assertRejects(() => deploy(rig), Error, "after it had gone live");
  assert(!isRunning(old?.process.pid));
});
