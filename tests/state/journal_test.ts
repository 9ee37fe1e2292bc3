import { assert, assertEquals, assertThrows } from "@std/assert";
import { Journal } from "../../lib/state/journal.ts";
import { StateDir } from "../../lib/state/state_dir.ts";
import { ZddError } from "../../lib/error.ts";
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
  const { text } = Journal.begin(place, [web, api]);
  assertEquals(JSON.parse(directory.read("journal.json")), {
    ...text,
    starts: [
      {
        id: web.id,
        service: "web",
        pidFile: web.pidFile,
        pidBefore: "4711\n",
      },
      { id: api.id, service: "api" },
    ],
  });
  assert(text.id.startsWith("deploy-"));
});

Deno.test("Journal.read() reads what write() has written", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  const journal = Journal.begin(place, [planInstance(serviceIn(directory), 1)]);
  const start = journal.start(journal.text.starts[0]?.id ?? "");
  start.leader = { pid: 4711, startTime: 1, boot: "b" };
  journal.text.conf = { path: "/x", text: undefined, workers: [] };
  journal.text.nginx = "started";
  journal.text.links = { web: null };
  journal.write();
  const again = Journal.read(place)?.text;
  assertEquals(JSON.stringify(again), JSON.stringify(journal.text));
});

Deno.test("Journal.read() returns undefined if no deploy has died", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  assertEquals(Journal.read(place), undefined);
  Journal.begin(place, []).close();
  assertEquals(Journal.read(place), undefined);
  assertEquals(directory.names(), []);
});

Deno.test("Journal.start() finds an entry by its id, and no other", () => {
  const journal = read(JSON.stringify(TEXT));
  assertEquals(journal?.start("web-1").service, "web");
  assertThrows(() => journal?.start("web-2"), TypeError);
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
    { ...TEXT, version: 2 },
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
