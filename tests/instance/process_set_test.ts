import { assert, assertEquals } from "@std/assert";
import { processesOf } from "../../lib/instance/processes.ts";
import { INSTANCE_VARIABLE, markOf } from "../../lib/system/instance_mark.ts";
import {
  commandLine,
  currentBoot,
  identify,
  isRunning,
  type ProcessId,
  readStat,
} from "../../lib/system/process.ts";
import { descendsFrom } from "../../lib/system/process_table.ts";
import { startDetached } from "../../lib/system/shell.ts";
import { until } from "../support/until.ts";
import { endSession } from "../system/child.ts";
import { TempDir } from "../system/temp_dir.ts";

/** A command that is running in a session of its own, until it is disposed of. */
class Session implements Disposable {
  readonly #directory = new TempDir();
  readonly leader: ProcessId;
  readonly #others: number[] = [];

  constructor(command: string, env: Record<string, string> = {}) {
    const { pid } = startDetached(command, {
      cwd: this.#directory.path,
      log: this.#directory.join("log"),
      env,
    });
    // It may have ended already.
    this.leader = identify(pid) ?? { pid, startTime: 0, boot: currentBoot() };
  }

  /** The pid that the command has written to a file. */
  async pidIn(name: string): Promise<number> {
    const read = () => {
      try {
        return Number(this.#directory.read(name));
      } catch {
        return 0;
      }
    };
    await until(`${name} holds a pid`, () => read() > 1);
    this.#others.push(read());
    return read();
  }

  [Symbol.dispose](): void {
    endSession(this.leader.pid);
    for (const pid of this.#others) endSession(readStat(pid)?.session ?? -1);
    this.#directory[Symbol.dispose]();
  }
}

function find(id: string, leader?: ProcessId): ProcessId[] {
  return processesOf({ id, leader, log: "/nowhere" });
}

function pids(processes: ProcessId[]): number[] {
  return processes.map(({ pid }) => pid).sort();
}

Deno.test("processesOf() finds what has the mark, and nothing with another one", async () => {
  const id = `web-${crypto.randomUUID()}`;
  using session = new Session("sleep 60", { [INSTANCE_VARIABLE]: id });
  using other = new Session("sleep 60", { [INSTANCE_VARIABLE]: `${id}2` });
  const { pid } = session.leader;
  await until("they run", () => commandLine(other.leader.pid) === "sleep 60");
  await until("it runs", () => markOf(pid) === id);
  assertEquals(find(id), [session.leader]);
  assert(markOf(other.leader.pid) !== id);
  assertEquals(find(id.slice(0, -1)), []);
});

Deno.test("processesOf() finds a daemon that has left its parent and its session", async () => {
  const id = `web-${crypto.randomUUID()}`;
  using session = new Session(
    "setsid sh -c 'sleep 60 & echo $! >pid; exit 0'; true",
    { [INSTANCE_VARIABLE]: id },
  );
  const daemon = await session.pidIn("pid");
  await until("its parents are gone", () => !isRunning(session.leader));
  await until("it runs", () => commandLine(daemon) === "sleep 60");
  assert(!descendsFrom(daemon, session.leader.pid));
  assert(readStat(daemon)?.session !== session.leader.pid);
  assertEquals(pids(find(id, session.leader)), [daemon]);
});

Deno.test("processesOf() finds what has lost the mark, in the session of the start command", async () => {
  const id = `web-${crypto.randomUUID()}`;
  using session = new Session(
    "env -i /bin/sleep 60 & echo $! >pid; wait",
    { [INSTANCE_VARIABLE]: id },
  );
  const child = await session.pidIn("pid");
  await until("it runs", () => commandLine(child) === "/bin/sleep 60");
  assert(markOf(child) !== id);
  const { leader } = session;
  assertEquals(pids(find(id)), [leader.pid, child].sort(), "a child of it");
  assertEquals(pids(find(id, leader)), [leader.pid, child].sort());
});

Deno.test("processesOf() takes no session whose number was used before, in this boot or another", async () => {
  const id = `web-${crypto.randomUUID()}`;
  using session = new Session("sleep 60");
  const { leader } = session;
  await until("it runs", () => commandLine(leader.pid) === "sleep 60");
  assertEquals(find(id, leader), [leader]);
  const later = { ...leader, startTime: leader.startTime + 1 };
  assertEquals(find(id, later), []);
  const earlier = { ...leader, startTime: leader.startTime - 1000 };
  assertEquals(find(id, earlier), [], "another process had the number");
  const rebooted = { ...leader, boot: "another" };
  assertEquals(find(id, rebooted), [], "another boot had the number");
});

Deno.test("processesOf() never finds zdd itself, nor what it runs below", async () => {
  const id = `web-${crypto.randomUUID()}`;
  using directory = new TempDir();
  const module = new URL("../../lib/instance/processes.ts", import.meta.url);
  const script = directory.write(
    "script.ts",
    `import { processesOf } from ${JSON.stringify(module.href)};
    console.log(JSON.stringify(processesOf({ id: Deno.args[0], log: "" })));`,
  );
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const deno = `"${Deno.execPath()}" run -A --no-check --no-lock`;
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: [
      "-c",
      // The shell, and a process beside zdd, have the mark as well.
      `sleep 60 >/dev/null & ${deno} --config "${config}" "${script}" "${id}"
       echo $!; kill $!`,
    ],
    env: { [INSTANCE_VARIABLE]: id },
  }).output();
  const [found = "", beside] = new TextDecoder().decode(stdout).split("\n");
  const processes: ProcessId[] = JSON.parse(found);
  assertEquals(pids(processes), [Number(beside)]);
});

Deno.test("descendsFrom() follows the parents, itself included", async () => {
  using session = new Session("sleep 60 & echo $! >pid; wait");
  const child = await session.pidIn("pid");
  const { pid } = session.leader;
  assert(descendsFrom(child, child));
  assert(descendsFrom(child, pid));
  assert(descendsFrom(child, Deno.pid));
  assert(!descendsFrom(pid, child));
  assert(!descendsFrom(Deno.pid, pid));
});

Deno.test("processesOf() misses nothing that has just begun", () => {
  using directory = new TempDir();
  const options = { cwd: directory.path, log: directory.join("log") };
  const env = { [INSTANCE_VARIABLE]: "just-begun" };
  // A look that others could use for a few ms, and what it can't have seen.
  find("other");
  const { pid } = startDetached("sleep 60", { ...options, env });
  try {
    assertEquals(pids(find("just-begun")), [pid]);
  } finally {
    endSession(pid);
  }
});
