import { assertEquals, assertThrows } from "@std/assert";
import { ZddError } from "../../lib/error.ts";
import type { Instance } from "../../lib/instance/instance.ts";
import { formerServices, notesOnFormer } from "../../lib/state/former.ts";
import {
  appendHistory,
  type HistoryEntry,
  readHistory,
  releaseIn,
  servingPids,
} from "../../lib/state/history.ts";
import {
  instancesOf,
  type ServiceState,
  type State,
} from "../../lib/state/state.ts";
import { StateDir } from "../../lib/state/state_dir.ts";
import { identify } from "../../lib/system/process.ts";
import { serviceIn } from "../instance/service_config.ts";
import { TempDir } from "../system/temp_dir.ts";

const ENTRY: HistoryEntry = {
  at: "2026-11-23T17:45:12.000Z",
  by: "admin",
  command: "deploy",
  release: "41",
  result: "done",
  ms: 12,
  serving: { web: [4711] },
};

function instance(release?: string, pid = 4711): Instance {
  return {
    ...{ id: `web-${release}`, service: "web", number: 1, log: "/log" },
    ...{ address: "127.0.0.1:8000", startedAt: "2026", release },
    process: { pid, startTime: 1, boot: "b" },
  };
}

function stateWith(services: Record<string, Partial<ServiceState>>): State {
  const none = { current: [], standby: [], retiring: [] };
  return {
    services: Object.fromEntries(
      Object.entries(services).map((
        [name, own],
      ) => [name, { ...none, ...own }]),
    ),
  };
}

Deno.test("readHistory() reads the last of what appendHistory() has written", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  assertEquals(readHistory(place, 5), []);
  const entries = ["40", "41", "42"].map((release) => ({ ...ENTRY, release }));
  for (const entry of entries) appendHistory(place, entry);
  assertEquals(readHistory(place, 5), entries);
  assertEquals(readHistory(place, 2), entries.slice(1));
});

Deno.test("a line that a full disk has cut off is left out, and the next one is whole", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  directory.write("history.jsonl", '{"at":"2026-11-');
  appendHistory(place, ENTRY);
  assertEquals(readHistory(place, 5), [ENTRY]);
});

Deno.test("readHistory() leaves out what is no entry", () => {
  const wrong: unknown[] = [
    ...[null, 1, "x", [], {}],
    { ...ENTRY, at: "yesterday" },
    { ...ENTRY, at: 1 },
    { ...ENTRY, command: undefined },
    { ...ENTRY, result: "perhaps" },
    { ...ENTRY, ms: "12" },
    { ...ENTRY, by: 1 },
    { ...ENTRY, release: 41 },
    { ...ENTRY, error: {} },
    { ...ENTRY, serving: null },
    { ...ENTRY, serving: { web: 4711 } },
    { ...ENTRY, serving: { web: ["4711"] } },
  ];
  const failed = { ...ENTRY, result: "failed", error: "no" };
  const lines = [...wrong, failed].map((value) => JSON.stringify(value));
  using directory = new TempDir();
  directory.write("history.jsonl", lines.join("\n"));
  const read = readHistory(new StateDir(directory.path), 99);
  assertEquals(read.map(({ result }) => result), ["failed"]);
});

Deno.test("readHistory() says that it can't read what is no file", () => {
  using directory = new TempDir();
  Deno.mkdirSync(directory.join("history.jsonl"));
  assertThrows(
    () => readHistory(new StateDir(directory.path), 1),
    ZddError,
    "history.jsonl",
  );
});

Deno.test("releaseIn() is the one release that serves, or was stopped", () => {
  const releases = (services: Record<string, Partial<ServiceState>>) =>
    releaseIn(stateWith(services));
  assertEquals(releases({}), undefined);
  assertEquals(releases({ web: { current: [instance("41")] } }), "41");
  assertEquals(releases({ web: { release: "40" } }), "40");
  assertEquals(
    releases({ web: { current: [instance("41")], release: "40" } }),
    "41",
  );
  const canary = { instances: [instance("42")], percent: 5 };
  assertEquals(
    releases({ web: { current: [instance("41")], canary } }),
    undefined,
  );
  assertEquals(
    releases({
      web: { current: [instance("41")] },
      api: { current: [instance("41")] },
    }),
    "41",
  );
});

Deno.test("servingPids() are those of the current instances", () => {
  const web = {
    current: [instance("1", 11), instance("1", 12)],
    standby: [instance("0", 10)],
  };
  assertEquals(servingPids(stateWith({ web })), { web: [11, 12] });
});

Deno.test("instancesOf() are all that may still run", () => {
  const [web] = Object.values(
    stateWith({
      web: {
        current: [instance("2")],
        standby: [instance("1")],
        canary: { instances: [instance("3")], percent: 5 },
        retiring: [{ instance: instance("0"), since: "2026" }],
      },
    }).services,
  );
  const releases = web && instancesOf(web).map(({ release }) => release);
  assertEquals(releases, ["2", "1", "3", "0"]);
});

Deno.test("a service that has left deploy.conf is told of while an instance of it runs", () => {
  const own = identify(Deno.pid);
  const running = {
    ...instance("1"),
    process: own ?? { ...instance().process },
  };
  const state = stateWith({
    web: { current: [running] },
    api: { current: [running] },
    old: { current: [instance("1")] },
    worker: { retiring: [{ instance: running, since: "2026" }] },
  });
  using directory = new TempDir();
  const config = { services: [serviceIn(directory)] };
  assertEquals(formerServices(config, state), [
    { name: "api", pids: [Deno.pid] },
  ]);
  assertEquals(notesOnFormer(config, state), [
    `api isn't in deploy.conf any more, but ${Deno.pid} still runs; ` +
    "zddeploy stop --service api ends it",
  ]);
});
