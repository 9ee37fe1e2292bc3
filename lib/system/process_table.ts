import {
  identify,
  isRunning,
  type ProcessId,
  type ProcessStat,
  readLiving,
  readStat,
  userOf,
} from "./process.ts";
import { markOf } from "./instance_mark.ts";
import { numbered } from "./procfs.ts";
import { SharedRead } from "./shared_read.ts";

/** A process as found when all of them were read. */
export interface SeenProcess extends ProcessStat {
  /** The id of the instance it is marked with; undefined if it has no mark. */
  mark(): string | undefined;
  /** Its real user id; undefined if it is gone. */
  user(): number | undefined;
}

/** The earliest start time that was asked for, in clock ticks after boot. */
let earliest = Infinity;
/** This process and its ancestors when all processes were read, or when that was asked. */
let line: Set<number> | undefined;

/** All processes since `earliest`. Instances that start or stop side by side share a read. */
export const processTable = new SharedRead(() =>
  lookFor(earliest, line = ancestors(Deno.pid))
);

/** How to look. */
export interface LookOptions {
  /** Leaves out processes that started earlier, in clock ticks after boot; none by default. */
  since?: number;
  /**
   * When the read of /proc must have begun at the earliest, in ms of `performance.now()`: a
   * process that was forked before isn't missed. Now by default. {@linkcode processTable}
   * has others.
   */
  notBefore?: number;
}

/** All processes except this one and its ancestors. */
export function otherProcesses(
  { since = 0, notBefore }: LookOptions = {},
): SeenProcess[] {
  if (since < earliest) {
    earliest = since;
    processTable.forget();
  }
  return processTable.get(notBefore)
    .filter(({ startTime }) => startTime >= since);
}

/** How often to look for processes that were forked meanwhile. */
const ROUNDS = 5;

function lookFor(since: number, without: Set<number>): SeenProcess[] {
  const seen = new Set(without);
  const found: ProcessStat[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // A process that ended before it was read may have left a child behind.
    const all = numbered("/proc").filter(({ number }) => !seen.has(number));
    if (all.length === 0) break;
    for (const { number: pid, inode } of all) {
      seen.add(pid);
      const stat = readUnlessOlder(pid, inode, since);
      if (stat !== undefined) found.push(stat);
    }
  }
  return found.map((stat) => ({
    ...stat,
    mark: once(() => markOf(stat.pid)),
    user: once(() => userOf(stat.pid)),
  }));
}

/** The start times of known processes, and the inodes of their directories in /proc. */
const starts = new Map<number, { inode: number; startTime: number }>();

/**
 * A process, unless it started before `since` or is dead. One known to have started before
 * isn't read again. That is true of most processes on a host. If a pid is reused, the new
 * process has a new directory in /proc.
 */
function readUnlessOlder(
  pid: number,
  inode: number,
  since: number,
): ProcessStat | undefined {
  const known = starts.get(pid);
  // If the pid is reused before its start time is read, the next look notices.
  if (known !== undefined && known.inode === inode && known.startTime < since) {
    return undefined;
  }
  const stat = readLiving(pid);
  if (stat === undefined) return undefined;
  const { startTime } = stat;
  if (inode !== 0) starts.set(pid, { inode, startTime });
  return startTime < since ? undefined : stat;
}

/** Computes a value when it is first needed, and keeps it. */
function once<T>(ask: () => T): () => T {
  let known: { value: T } | undefined;
  return () => (known ??= { value: ask() }).value;
}

/** The processes in a leader's session, while it runs; afterwards its pid may be reused. */
export function sessionOf(leader: ProcessId): ProcessId[] {
  if (!isRunning(leader)) return [];
  return otherProcesses({ since: leader.startTime })
    .filter(({ session }) => session === leader.pid)
    .flatMap(({ pid }) => identify(pid) ?? []);
}

/** Whether a process descends from `ancestor`, or is it. */
export function descendsFrom(pid: number, ancestor: number): boolean {
  return ancestors(pid).has(ancestor);
}

/** Whether this process descended from another, or was it, when it last read all. */
export function descendedFrom(ancestor: number): boolean {
  return (line ??= ancestors(Deno.pid)).has(ancestor);
}

function ancestors(pid: number): Set<number> {
  const line = new Set<number>();
  for (
    let next: number | undefined = pid;
    next !== undefined && next > 0 && !line.has(next);
    next = readStat(next)?.parent
  ) line.add(next);
  return line;
}
