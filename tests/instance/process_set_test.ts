import { assert, assertEquals } from "@std/assert";
import { ProcessSet } from "../../lib/instance/process_set.ts";
import { processesOf } from "../../lib/instance/processes.ts";
import { INSTANCE_VARIABLE, markOf } from "../../lib/system/instance_mark.ts";
import {
  commandLine,
  currentBoot,
  identify,
  isRunning,
  type ProcessId,
  readStat,
  userOf,
} from "../../lib/system/process.ts";
import {
  descendsFrom,
  otherProcesses,
  processTable,
} from "../../lib/system/process_table.ts";
import { startDetached } from "../../lib/system/shell.ts";
import { listeningInodes } from "../../lib/system/sockets.ts";
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

  get log(): string {
    return this.path("log");
  }

  path(name: string): string {
    return this.#directory.join(name);
  }

  /** The pid that the command has written to a file. */
  async pidIn(name: string): Promise<number> {
    const pid = await this.numberIn(name);
    this.#others.push(pid);
    return pid;
  }

  async numberIn(name: string): Promise<number> {
    const read = () => {
      try {
        return Number(this.#directory.read(name));
      } catch {
        return 0;
      }
    };
    await until(`${name} holds a number`, () => read() > 1);
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

Deno.test({
  name: "processesOf() finds no process of another user that root began",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    const id = `web-${crypto.randomUUID()}`;
    const nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups --";
    const mark = `${INSTANCE_VARIABLE}=${id}`;
    using session = new Session(
      `until [ -e go ]; do sleep 0.01; done; exec ${nobody} env ${mark} sleep 60`,
    );
    const { pid } = session.leader;
    const set = new ProcessSet({ id, log: "/nowhere" });
    const seen = otherProcesses().find((process) => process.pid === pid);
    assertEquals(seen?.user(), 0, "as is remembered from now on");
    Deno.writeTextFileSync(session.path("go"), "");
    await until("it has the mark", () => markOf(pid) === id);
    assertEquals(userOf(pid), 65534);
    // What was seen is still recent.
    processTable.recently = () => 0;
    try {
      assertEquals(set.glance(), []);
    } finally {
      Reflect.deleteProperty(processTable, "recently");
    }
    assertEquals(set.look(), []);
  },
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

Deno.test({
  name: "processesOf() believes no mark of another user's process",
  ignore: Deno.uid() !== 0,
  async fn() {
    const id = `web-${crypto.randomUUID()}`;
    const nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    using session = new Session(`${nobody} sleep 60`, {
      [INSTANCE_VARIABLE]: id,
    });
    const { pid } = session.leader;
    await until("it runs", () => userOf(pid) === 65534 && markOf(pid) === id);
    assertEquals(find(id), []);
    const users = [0, 65534];
    assertEquals(pids(processesOf({ id, log: "/nowhere", users })), [pid]);
  },
});

Deno.test("processesOf() finds what is left in the session of a leader that has ended, by its log", async () => {
  const id = `web-${crypto.randomUUID()}`;
  using session = new Session("env -i /bin/sleep 60 & echo $! >pid; sleep 0.3");
  const { leader, log } = session;
  const child = await session.pidIn("pid");
  await until("its leader has ended", () => !isRunning(leader));
  assertEquals(pids(processesOf({ id, leader, log })), [child]);
  assertEquals(find(id, leader), [], "another log");
  const later = { ...leader, startTime: leader.startTime + 1_000_000 };
  assertEquals(processesOf({ id, leader: later, log }), [], "before it began");
});

Deno.test("processesOf() finds who has the socket by now, and what its pid file names if that listens", async () => {
  const id = `web-${crypto.randomUUID()}`;
  const server = `env -i /usr/bin/env node -e '
    require("net").createServer().listen(0, "127.0.0.1", function () {
      require("fs").writeFileSync("port", String(this.address().port));
      require("fs").writeFileSync("pid", String(process.pid)); })'`;
  using session = new Session(server);
  const pid = await session.pidIn("pid");
  const port = await session.numberIn("port");
  const process = { pid: 2 ** 22, startTime: 1, boot: currentBoot() };
  const traces = { id, process, log: "/nowhere", address: `127.0.0.1:${port}` };
  assertEquals(processesOf(traces), []);
  const sockets = listeningInodes({ host: "127.0.0.1", port });
  assertEquals(pids(processesOf({ ...traces, sockets })), [pid]);
  const pidFile = session.path("pid");
  assertEquals(pids(processesOf({ ...traces, pidFile })), [pid]);
  const elsewhere = { ...traces, address: "127.0.0.1:1", pidFile, sockets };
  assertEquals(processesOf(elsewhere), [], "it listens elsewhere");
});
