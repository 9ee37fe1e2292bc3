import { assert, assertEquals } from "@std/assert";
import { isAlive, processesOf } from "../../lib/instance/processes.ts";
import { isInstance } from "../../lib/state/shapes.ts";
import { INSTANCE_VARIABLE, markOf } from "../../lib/system/instance_mark.ts";
import { type ProcessId, userOf } from "../../lib/system/process.ts";
import { listeningInodes } from "../../lib/system/sockets.ts";
import { until } from "../support/until.ts";
import { Child } from "../system/child.ts";
import { TempDir } from "../system/temp_dir.ts";
import { fuzz } from "./mutator.ts";

// A record that was damaged, or that somebody else has marked his processes by: whatever
// stands in it, a stranger is none of the instance's.

const ID = "web-20261126T140000-0a1b2c";

/** Processes of this user and, where a test may play root, of nobody, with every mark. */
function strangers(): Child[] {
  const user = Deno.uid() === 0
    ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    : [];
  const marked = [...user, "env", `${INSTANCE_VARIABLE}=${ID}`, "sleep", "60"];
  const [program = "", ...args] = marked;
  return [
    Child.run("setsid", "sleep", "60"),
    Child.run("env", `${INSTANCE_VARIABLE}=${ID}2`, "sleep", "60"),
    ...user.length > 0 ? [Child.run(program, ...args)] : [],
  ];
}

fuzz("a stranger is in no damaged record", 150, async (mutator, cases) => {
  using directory = new TempDir();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const children = strangers();
  await using _end = {
    async [Symbol.asyncDispose]() {
      for (const child of children) await child.end();
    },
  };
  const last = children.at(-1);
  if (last !== undefined && children.length > 2) {
    await until(
      "it is marked",
      () => markOf(last.pid) === ID && userOf(last.pid) === 65534,
    );
  }
  const pids = children.map(({ pid }) => pid);
  const address = `127.0.0.1:${listener.addr.port}`;
  for (let i = 0; i < cases; i++) {
    const { pid, startTime, boot } = mutator.pick(children).process;
    // The number, but not the process.
    const other: ProcessId = mutator.pick([
      { pid, startTime: startTime - 1, boot },
      { pid, startTime: startTime + 1, boot },
      { pid, startTime, boot: "another" },
    ]);
    const instance = {
      id: ID,
      service: "web",
      number: 1,
      process: other,
      address,
      startedAt: "2026-11-26T14:00:00.000Z",
      log: directory.join("web.log"),
      pidFile: directory.write("web.pid", `${pid}\n`),
      leader: other,
      roots: [other],
      users: [Deno.uid() ?? 0],
      sockets: listeningInodes({ host: "127.0.0.1", port: 1 }),
    };
    const text = mutator.pick([
      JSON.stringify(instance),
      mutator.mutate(JSON.stringify(instance)),
    ]);
    let read: unknown;
    try {
      read = JSON.parse(text);
    } catch {
      continue;
    }
    if (!isInstance(read) || isNamed(children, read)) continue;
    const found = processesOf(read).filter((one) => pids.includes(one.pid));
    // A mutation may have made a stranger's mark the instance's.
    const innocent = found.filter((one) => markOf(one.pid) !== read.id);
    assertEquals(innocent, [], text);
    assert(!isAlive(read) || found.length > 0, text);
  }
});

/** Whether a mutation has named one of them after all. */
function isNamed(
  children: Child[],
  { process, leader, roots = [] }: {
    process: ProcessId;
    leader?: ProcessId;
    roots?: ProcessId[];
  },
): boolean {
  return [process, leader, ...roots].some((one) =>
    children.some(({ process }) =>
      process.pid === one?.pid && process.startTime === one.startTime &&
      process.boot === one.boot
    )
  );
}
