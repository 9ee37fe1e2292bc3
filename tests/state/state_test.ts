import { assert, assertEquals, assertThrows } from "@std/assert";
import { isInstance, isProcessId } from "../../lib/state/shapes.ts";
import {
  EMPTY_STATE,
  mapServices,
  type State,
  stateOf,
  withService,
} from "../../lib/state/state.ts";
import {
  readState,
  setStateAside,
  writeState,
} from "../../lib/state/state_file.ts";
import { FILE_VERSION, versioned } from "../../lib/state/versions.ts";
import { VERSION } from "../../lib/text/version.ts";
import { StateDir } from "../../lib/state/state_dir.ts";
import { ExitStatus, ZddError } from "../../lib/error.ts";
import type { Instance } from "../../lib/instance/instance.ts";
import { TempDir } from "../system/temp_dir.ts";

const PROCESS = { pid: 4711, startTime: 12345, boot: "b" };

const INSTANCE: Instance = {
  id: "web-1",
  service: "web",
  number: 1,
  process: PROCESS,
  address: "127.0.0.1:45643",
  slot: "a",
  startedAt: "2026-11-23T17:45:12.000Z",
  log: "/srv/web.log",
  pidFile: "/srv/web.pid",
  portFile: "/srv/4711.port",
};

const STOPPING = {
  ...{ stop: "kill -TERM", cwd: "/" },
  ...{ drainTimeout: 30_000, stopTimeout: 10_000 },
};

const STATE: State = {
  deploy: "deploy-1",
  services: {
    web: {
      current: [INSTANCE],
      standby: [{ ...INSTANCE, id: "web-0" }],
      canary: { instances: [INSTANCE], percent: 10 },
      retiring: [{ instance: INSTANCE, since: "2026", stopSent: true }],
      slots: { a: ["127.0.0.1:20001"], b: ["unix:/run/b"] },
    },
    größe: { current: [], standby: [], retiring: [] },
  },
  nginx: { master: PROCESS, hash: "abc", since: "2026", links: [] },
};

/** What readState() makes of a state.json with this in it. */
function read(text: string): { state: State; damaged?: string } {
  using directory = new TempDir();
  directory.write("state.json", text);
  return readState(new StateDir(directory.path));
}

Deno.test("readState() reads what writeState() has written", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  for (const state of [STATE, EMPTY_STATE]) {
    writeState(place, state);
    assertEquals(readState(place), { state });
  }
  assertEquals(directory.names(), ["state.json"]);
});

Deno.test("readState() is an empty state before the first deploy", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.join("none"));
  assertEquals(readState(place), { state: EMPTY_STATE, missing: true });
});

Deno.test("readState() calls a file damaged that is cut, empty or no JSON", () => {
  const whole = JSON.stringify(versioned(STATE));
  const texts = ["", "\0\0\0", "nonsense", whole.slice(0, -1), whole + "}"];
  for (const text of texts) {
    const { state, damaged } = read(text);
    assertEquals(state, EMPTY_STATE);
    assert(damaged !== undefined && damaged !== "", text);
  }
});

Deno.test("readState() notices every bit that has flipped", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  writeState(place, STATE);
  const { state } = readState(place);
  const bytes = Deno.readFileSync(place.state);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ 1 << (bit & 7);
    Deno.writeFileSync(place.state, flipped);
    let read;
    try {
      read = readState(place);
    } catch (error) { // 2 became 3
      assert(error instanceof ZddError, `${error}`);
      continue;
    }
    // A checksum of another name and another blank between two values don't matter.
    if (read.damaged !== undefined) continue;
    const { deploy, services, nginx } = read.state;
    assertEquals({ deploy, services, nginx }, state, `bit ${bit}`);
  }
});

Deno.test("readState() reads a state without a checksum, as earlier ones were", () => {
  const { checksum: _, ...file } = versioned(STATE);
  assertEquals(read(JSON.stringify(file)).damaged, undefined);
});

Deno.test("readState() calls a file damaged that can't be read", () => {
  using directory = new TempDir();
  Deno.mkdirSync(directory.join("state.json"));
  assert(readState(new StateDir(directory.path)).damaged !== undefined);
});

Deno.test("readState() takes nothing for a state that has no version there was", () => {
  for (const version of [0, -1, 1.5, "1", null, undefined]) {
    const { damaged } = read(JSON.stringify({ ...STATE, version }));
    assertEquals(damaged, "not a state that zdd has written", String(version));
  }
});

Deno.test("readState() refuses the state of a later zdd, and says which wrote it", () => {
  for (
    const [writtenBy, said] of [["9.8.7", "zdd 9.8.7, this"], [1, "zdd, this"]]
  ) {
    const version = FILE_VERSION + 1;
    const text = JSON.stringify({ ...STATE, version, writtenBy });
    const error = assertThrows(() => read(text), ZddError);
    assert(error.message.includes(`written by a later ${said} is ${VERSION}`));
    assertEquals(error.exitStatus, ExitStatus.broken);
  }
});

Deno.test("readState() migrates a state of version 1", () => {
  const old = { ...INSTANCE, setup: "0123" };
  const current = { ...STATE.services.web, current: [old] };
  const text = JSON.stringify({ version: 1, services: { web: current } });
  const { state, damaged } = read(text);
  assertEquals(damaged, undefined);
  assertEquals(stateOf(state, "web").current, [INSTANCE]);
});

Deno.test("writeState() writes the version, and which zdd it was", () => {
  using directory = new TempDir();
  writeState(new StateDir(directory.path), STATE);
  const { version, writtenBy } = JSON.parse(directory.read("state.json"));
  assertEquals([version, writtenBy], [FILE_VERSION, VERSION]);
});

Deno.test("readState() refuses every other shape of JSON", () => {
  const web = STATE.services.web;
  const service = (changes: object) => ({
    ...STATE,
    services: { web: { ...web, ...changes } },
  });
  const instance = (changes: object) =>
    service({ current: [{ ...INSTANCE, ...changes }] });
  const shapes: unknown[] = [
    null,
    1,
    "x",
    [],
    {},
    { services: [] },
    { services: null },
    { services: { web: null } },
    { services: { web: [] } },
    { ...STATE, deploy: 1 },
    service({ current: undefined }),
    service({ current: INSTANCE }),
    service({ standby: null }),
    service({ retiring: {} }),
    service({ retiring: [null] }),
    service({ retiring: [{ since: "2026" }] }),
    service({ canary: { instances: [INSTANCE] } }),
    service({ canary: { instances: INSTANCE, percent: 1 } }),
    service({ canary: null }),
    service({ slots: { a: "127.0.0.1:1" } }),
    service({ slots: { b: ["nowhere"] } }),
    instance({ process: undefined }),
    instance({ process: 4711 }),
    instance({ process: { ...PROCESS, pid: "4711" } }),
    instance({ process: { ...PROCESS, pid: 1 } }),
    instance({ process: { ...PROCESS, pid: -1 } }),
    instance({ process: { ...PROCESS, pid: 4711.5 } }),
    instance({ process: { ...PROCESS, startTime: null } }),
    instance({ process: { ...PROCESS, boot: undefined } }),
    instance({ id: 1 }),
    instance({ address: undefined }),
    instance({ log: null }),
    { ...STATE, nginx: null },
    { ...STATE, nginx: { hash: "x" } },
    { ...STATE, nginx: { master: { pid: 1 } } },
  ];
  for (const shape of shapes) {
    const text = JSON.stringify(
      typeof shape === "object" && shape !== null && !Array.isArray(shape)
        ? versioned(shape)
        : shape,
    );
    const { state, damaged } = read(text);
    assert(damaged !== undefined, JSON.stringify(shape));
    assertEquals(state, EMPTY_STATE);
  }
});

Deno.test("readState() refuses instances whose other parts are of the wrong kind", () => {
  for (
    const changes of [
      { number: "1" },
      { portFile: 1 },
      { pidFile: [] },
      { slot: "d" },
      { address: "nowhere" },
      { stopping: {} },
      { stopping: { ...STOPPING, stop: 1 } },
      { stopping: { ...STOPPING, cwd: undefined } },
      { stopping: { ...STOPPING, drainTimeout: "30" } },
      { stopping: { ...STOPPING, stopTimeout: null } },
      { stopping: { ...STOPPING, killAfter: "1" } },
    ]
  ) {
    const wrong = { ...INSTANCE, ...changes };
    assert(!isInstance(wrong), JSON.stringify(changes));
  }
});

Deno.test("isInstance() and isProcessId() accept what zdd writes", () => {
  assert(isInstance(INSTANCE));
  assert(isInstance({ ...INSTANCE, stopping: STOPPING }));
  assert(isInstance({ ...INSTANCE, stopping: { ...STOPPING, killAfter: 1 } }));
  assert(isProcessId(PROCESS));
});

Deno.test("setStateAside() keeps the damaged state where a person can look at it", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  directory.write("state.json", "damaged");
  const aside = setStateAside(place);
  assert(aside.startsWith(directory.join("state.json.damaged-")), aside);
  assertEquals(Deno.readTextFileSync(aside), "damaged");
  assertEquals(readState(place), { state: EMPTY_STATE, missing: true });
});

Deno.test("setStateAside() never replaces a state that was set aside before", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  for (const text of ["one", "two"]) {
    directory.write("state.json", text);
    setStateAside(place);
  }
  assertEquals(directory.names().length, 2);
});

Deno.test("writeState() keeps the old state if it can't write the new one", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.join("none"));
  assertThrows(() => writeState(place, STATE), ZddError, "state.json");
});

Deno.test("the state of a service that is unknown is empty", () => {
  assertEquals(stateOf(EMPTY_STATE, "web").current, []);
  assert(stateOf(STATE, "web") === STATE.services.web);
});

Deno.test("withService() and mapServices() make another state, and leave the first", () => {
  const own = stateOf(EMPTY_STATE, "web");
  const next = withService(EMPTY_STATE, "web", { ...own, current: [INSTANCE] });
  assertEquals(EMPTY_STATE, { services: {} });
  assertEquals(stateOf(next, "web").current, [INSTANCE]);
  const names: string[] = [];
  const mapped = mapServices(STATE, (own, name) => {
    names.push(name);
    return { ...own, standby: [] };
  });
  assertEquals(names, ["web", "größe"]);
  assertEquals(stateOf(mapped, "web").standby, []);
  assertEquals(stateOf(STATE, "web").standby.length, 1);
  assertEquals(mapped.nginx, STATE.nginx);
});
