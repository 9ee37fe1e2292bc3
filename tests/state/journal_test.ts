import { assert, assertEquals, assertThrows } from "@std/assert";
import { Journal } from "../../lib/state/journal.ts";
import { StateDir } from "../../lib/state/state_dir.ts";
import { versioned } from "../../lib/state/versions.ts";
import { ExitStatus, ZddError } from "../../lib/error.ts";
import type { Instance } from "../../lib/instance/instance.ts";
import { planInstance } from "../../lib/instance/plan.ts";
import { serviceIn } from "../instance/service_config.ts";
import { TempDir } from "../system/temp_dir.ts";

const TEXT = {
  version: 1,
  id: "deploy-1",
  startedAt: "2026-11-23T17:45:12.000Z",
  starts: [{
    id: "web-1",
    service: "web",
    pidFile: "/srv/web.pid",
    pidBefore: "4711\n",
    leader: { pid: 4712, startTime: 1, boot: "b" },
  }],
  conf: {
    path: "/srv/nginx.conf",
    text: "events {}\n",
    workers: [{ pid: 4711, startTime: 1, boot: "b" }],
  },
  links: { web: ".shares/none", api: null },
  nginx: "reloaded",
};

function read(text: string): Journal | undefined {
  using directory = new TempDir();
  directory.write("journal.json", text);
  return Journal.read(new StateDir(directory.path));
}

Deno.test("Journal.begin() writes down what was there before anything is started", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  directory.write("web.pid", "4711\n");
  const web = planInstance(serviceIn(directory), 1);
  const api = planInstance(
    serviceIn(directory, { name: "api", pidFile: undefined }),
    1,
  );
  const { entries } = Journal.begin(place, [web, api]);
  assertEquals(JSON.parse(directory.read("journal.json")), {
    ...versioned(entries),
    starts: [
      {
        id: web.id,
        service: "web",
        log: web.log,
        runner: "process",
        pidFile: web.pidFile,
        pidBefore: "4711\n",
      },
      { id: api.id, service: "api", log: api.log, runner: "process" },
    ],
  });
  assert(entries.id.startsWith("deploy-"));
});

Deno.test("each entry of a journal is on the disk at once, and leaves the others", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  const plan = planInstance(serviceIn(directory), 1);
  const journal = Journal.begin(place, [plan]);
  const leader = { pid: 4711, startTime: 1, boot: "b" };
  const onDisk = () => Journal.read(place)?.entries;

  journal.recordLeaders(new Map([["other", leader]]));
  assertEquals(onDisk()?.starts[0]?.leader, undefined);
  journal.recordLeaders(new Map([[plan.id, leader]]));
  assertEquals(onDisk()?.starts[0]?.leader, leader);
  const conf = { path: "/x", workers: [] };
  journal.recordConf(conf);
  assertEquals(onDisk()?.conf, conf);
  journal.recordNginx("started");
  assertEquals(onDisk()?.nginx, "started");
  journal.recordLinks({ web: null });
  const { id, startedAt, by, starts } = journal.entries;
  assertEquals(
    JSON.stringify(onDisk()),
    JSON.stringify({
      ...{ id, startedAt, by, starts, conf, nginx: "started" },
      links: { web: null },
    }),
  );
});

Deno.test("a journal knows an instance at once, and has it on the disk with the next entry", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  const plan = planInstance(serviceIn(directory), 1);
  const journal = Journal.begin(place, [plan]);
  const instance: Instance = {
    ...{ id: plan.id, service: "web", number: 1, log: "/log" },
    ...{ address: "127.0.0.1:1", startedAt: "2026" },
    process: { pid: 4711, startTime: 1, boot: "b" },
  };
  journal.noteInstance({ ...instance, id: "other" });
  journal.noteInstance(instance);
  assertEquals(journal.entries.starts.map((start) => start.instance), [
    instance,
  ]);
  assertEquals(Journal.read(place)?.entries.starts[0]?.instance, undefined);
  journal.recordInstances();
  assertEquals(Journal.read(place)?.entries.starts[0]?.instance, instance);
});

Deno.test("Journal.read() refuses the journal of a later zdd", () => {
  const text = JSON.stringify({ ...TEXT, version: 99, writtenBy: "9.9.9" });
  const error = assertThrows(() => read(text), ZddError, "later zdd 9.9.9");
  assertEquals(error.exitStatus, ExitStatus.broken);
});

Deno.test("Journal.read() reads a journal of version 1", () => {
  assertEquals(read(JSON.stringify(TEXT))?.entries.id, "deploy-1");
});

Deno.test("Journal.read() returns undefined if no deploy has died", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  assertEquals(Journal.read(place), undefined);
  Journal.begin(place, []).close();
  assertEquals(Journal.read(place), undefined);
  assertEquals(directory.names(), []);
});

Deno.test("Journal.read() refuses what it can't understand, and says where it is", () => {
  const [start] = TEXT.starts;
  const started = (changes: object) => ({
    ...TEXT,
    starts: [{ ...start, ...changes }],
  });
  const wrong: unknown[] = [
    null,
    [],
    {},
    { ...TEXT, version: 0 },
    { ...TEXT, version: undefined },
    { ...TEXT, id: undefined },
    { ...TEXT, starts: {} },
    { ...TEXT, starts: [null] },
    started({ id: 1 }),
    started({ service: undefined }),
    started({ pidFile: 1 }),
    started({ leader: 4711 }),
    started({ leader: { pid: 1, startTime: 1, boot: "b" } }),
    started({ instance: {} }),
    { ...TEXT, conf: "x" },
    { ...TEXT, conf: { text: "x", workers: [] } },
    { ...TEXT, conf: { path: "/x" } },
    { ...TEXT, conf: { path: "/x", workers: [4711] } },
    { ...TEXT, links: [] },
  ];
  const texts = ["", "{", ...wrong.map((value) => JSON.stringify(value))];
  for (const text of texts) {
    const error = assertThrows(() => read(text), ZddError);
    assert(/^Cannot read ".*\/journal\.json": /.test(error.message), text);
  }
});

Deno.test("Journal.read() refuses what would be written into files and links if it isn't text", () => {
  const wrong = [
    { ...TEXT, conf: { path: "/x", text: 1, workers: [] } },
    { ...TEXT, links: { web: 1 } },
    { ...TEXT, starts: [{ ...TEXT.starts[0], pidBefore: 1 }] },
    { ...TEXT, nginx: "stopped" },
  ];
  for (const value of wrong) {
    const text = JSON.stringify(value);
    assertThrows(() => read(text), ZddError);
  }
});
