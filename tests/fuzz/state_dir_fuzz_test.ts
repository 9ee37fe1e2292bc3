import { assert, assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { ZddError } from "../../lib/error.ts";
import {
  appendHistory,
  type HistoryEntry,
  readHistory,
} from "../../lib/state/history.ts";
import { Journal } from "../../lib/state/journal.ts";
import { StateDir } from "../../lib/state/state_dir.ts";
import { readState, writeState } from "../../lib/state/state_file.ts";
import { TempDir } from "../system/temp_dir.ts";
import { RootProcess } from "../crash/root_process.ts";
import { zddWithin } from "../crash/hostile.ts";
import { Site } from "../support/site.ts";
import { CORRUPTIONS, OTHER } from "./corruptions.ts";
import { fuzz } from "./mutator.ts";

/** How long the slowest command may take, in s: a deploy on a busy machine. */
const LONG = 40;

const STACK = /^\s+at .*\.(ts|js):\d+|this is a bug in zddeploy/m;

const COMMANDS = [
  ...[["status"], ["status", "--json"], ["check"], ["history"], ["logs"]],
  ...[["start"], ["deploy"], ["deploy", "--dry-run"], ["rollback"]],
];

/** Everything that zdd has in its state directory, and what it reads of nginx and the service. */
function filesOf(site: Site): string[] {
  const state = filesIn(site, ".zdd").filter((file) =>
    !/\/(log|run)\//.test(file)
  );
  return [...state, "nginx.conf", "nginx.pid"].filter((file) =>
    site.exists(file)
  );
}

function filesIn(site: Site, directory: string): string[] {
  return [...Deno.readDirSync(site.path(directory))].flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    return entry.isDirectory ? filesIn(site, path) : [path];
  });
}

fuzz(
  "whatever takes the place of a file of zdd's, nothing hangs and the service serves on",
  12,
  async (mutator, cases) => {
    await using site = await Site.live().deployed();
    await using stranger = new RootProcess("sleep", "infinity");
    const startedAt = "2026-11-26T12:00:00.000Z";
    const dead = { version: 1, id: "x", startedAt, starts: [] };
    const journal = JSON.stringify(dead);
    for (let i = 0; i < cases; i++) {
      if (mutator.below(8) === 0) site.write(".zdd/journal.json", journal);
      const file = mutator.pick(filesOf(site));
      const path = site.path(file);
      // What is in a file of live/ doesn't matter, and it has many names.
      const isLive = file.includes("/live/");
      const before = isLive ? undefined : Deno.readFileSync(path);
      const kinds = Object.keys(CORRUPTIONS).filter((kind) =>
        !isLive || /^(a link|a FIFO|no file|a dir)/.test(kind)
      );
      const kind = mutator.pick(kinds);
      CORRUPTIONS[kind]?.(path, mutator);
      const args = mutator.pick(COMMANDS);
      const { code, stdout, stderr } = await zddWithin(site, LONG, ...args);
      const what = `case ${i}: ${args.join(" ")} with ${kind} as ${file}`;
      assert([0, 1, 2, 4].includes(code), `${what}: status ${code} ${stderr}`);
      assert(!STACK.test(stdout + stderr), `${what}: ${stderr}`);
      stranger.assertUntouched();
      if (kind === "a link to another file" && !isLive) {
        assertEquals(site.read(`${file}.other`), OTHER, what);
        Deno.removeSync(`${path}.other`);
      }
      await mend(site, file, before);
      assertEquals((await site.get()).status, 200, `${what}: ${stderr}`);
    }
    await site.deploy();
  },
);

/** Puts away what only a person can, as the failures say, and what a link says of who serves. */
async function mend(site: Site, file: string, before?: Uint8Array) {
  const path = site.path(file);
  const stays = !site.exists(file) || Deno.lstatSync(path).isFile &&
      Deno.statSync(path).size < 2 ** 20 && Deno.statSync(path).mode !== 0;
  if (file.endsWith("journal.json")) {
    await Deno.remove(path, { recursive: true }).catch(() => {});
  } else if (!stays && !file.includes("/live/")) {
    await Deno.remove(path, { recursive: true }).catch(() => {});
    Deno.mkdirSync(dirname(path), { recursive: true });
    if (before !== undefined) Deno.writeFileSync(path, before);
  }
  if (!file.includes("/live/")) return;
  // Where requests go stands nowhere else: the next deploy puts it right.
  await Deno.remove(path, { recursive: true }).catch(() => {});
  await site.deploy();
}

const INSTANCE = {
  id: "web-1",
  service: "web",
  number: 1,
  process: { pid: 4711, startTime: 1234, boot: "b" },
  address: "127.0.0.1:45643",
  startedAt: "2026-11-23T17:45:12.000Z",
  log: "/dev/null",
};

fuzz(
  "whatever takes the place of a file of the state directory, reading it ends with an answer",
  300,
  async (mutator, cases) => {
    using directory = new TempDir();
    const place = new StateDir(directory.path);
    const web = { current: [INSTANCE], standby: [], retiring: [] };
    const entry: HistoryEntry = {
      at: "2026-11-23T17:45:12.000Z",
      command: "deploy",
      result: "done",
      ms: 1,
      serving: { web: [4711] },
    };
    for (let i = 0; i < cases; i++) {
      writeState(place, { services: { web } });
      Journal.begin(place, []);
      for (let n = 0; n < 3; n++) appendHistory(place, entry);
      (await place.acquire())[Symbol.dispose]();
      const file = mutator.pick([
        ...[place.state, place.journal, place.history, place.lock],
      ]);
      const kind = mutator.pick(Object.keys(CORRUPTIONS));
      const began = performance.now();
      CORRUPTIONS[kind]?.(file, mutator);
      const what = `case ${i}: ${kind} as ${file}`;
      const readers: (() => unknown)[] = [
        () => readState(place),
        () => Journal.read(place),
        () => readHistory(place, 20).forEach(({ at }) => at.length),
        async () => (await place.acquire())[Symbol.dispose](),
      ];
      for (const read of readers) {
        try {
          await read();
        } catch (error) {
          assert(error instanceof ZddError, `${what}: ${error}`);
        }
      }
      try {
        appendHistory(place, entry);
      } catch { /* a deploy tells why, and goes on */ }
      const other = `${file}.other`;
      if (kind === "a link to another file") {
        assertEquals(Deno.readTextFileSync(other), OTHER, what);
      }
      assert(performance.now() - began < 60_000, `${what}: it took long`);
      for (const name of directory.names()) {
        Deno.removeSync(directory.join(name), { recursive: true });
      }
    }
  },
);
