import {
  allPids,
  identify,
  isRunning,
  type ProcessId,
  type ProcessStat,
  readLiving,
  readStat,
  userOf,
} from "./process.ts";
import { markOf } from "./instance_mark.ts";

/** A process as a look at all of them has seen it. */
export interface SeenProcess extends ProcessStat {
  /** The instance it is marked as part of; undefined if it has no mark. */
  mark(): string | undefined;
  /** Its real user id; undefined if it is gone. */
  user(): number | undefined;
}

/** How long a look serves others at least, in ms; else as long as it took. */
const FRESH = 20;
let lastLook:
  | { processes: SeenProcess[]; since: number; until: number }
  | undefined;

/** How to look. */
export interface LookOptions {
  /** Leaves out what has started before, in clock ticks after boot; nothing unless told. */
  since?: number;
  /** Looks anew, where one that has just been forked must not be missed. */
  fresh?: boolean;
}

/**
 * All processes but this one and what is above it. Many instances that are started or
 * stopped side by side look for theirs at the same time: reading /proc once is enough for
 * them all.
 */
export function otherProcesses(
  { since = 0, fresh = true }: LookOptions = {},
): SeenProcess[] {
  const begin = performance.now();
  if (
    fresh || lastLook === undefined || begin >= lastLook.until ||
    since < lastLook.since
  ) {
    const processes = lookFor(since);
    const end = performance.now();
    const until = end + Math.max(FRESH, end - begin);
    lastLook = { processes, since, until };
  }
  const { processes } = lastLook;
  return processes.filter(({ startTime }) => startTime >= since);
}

/** How often is looked for what was forked during a look. */
const ROUNDS = 5;

function lookFor(since: number): SeenProcess[] {
  const seen = ancestors(Deno.pid);
  const found: ProcessStat[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // One that has ended before it was read may have left a child behind.
    const pids = allPids().filter((pid) => !seen.has(pid));
    if (pids.length === 0) break;
    for (const pid of pids) {
      seen.add(pid);
      const stat = readUnlessOlder(pid, since);
      if (stat !== undefined) found.push(stat);
    }
  }
  return found.map((stat) => ({
    ...stat,
    mark: once(() => markOf(stat.pid)),
    user: once(() => userOf(stat.pid)),
  }));
}

/** The start times of processes that were seen, and the inodes of their directories in /proc. */
const starts = new Map<number, { inode: number; startTime: number }>();

/**
 * A process, unless it has started before or is dead. What is certain to have started
 * before isn't read again: most of a host is, and the kernel has a new directory in /proc
 * for another process that gets the same number.
 */
function readUnlessOlder(pid: number, since: number): ProcessStat | undefined {
  const known = starts.get(pid);
  // Before its start time: if another has its number by then, this is found out later.
  const inode = inodeOf(pid);
  if (known !== undefined && known.inode === inode && known.startTime < since) {
    return undefined;
  }
  const stat = readLiving(pid);
  if (stat === undefined) return undefined;
  const { startTime } = stat;
  if (inode !== undefined) starts.set(pid, { inode, startTime });
  return startTime < since ? undefined : stat;
}

function inodeOf(pid: number): number | undefined {
  try {
    return Deno.lstatSync(`/proc/${pid}`).ino ?? undefined;
  } catch {
    return undefined; // it is gone
  }
}

/** Asks when it is needed, once for all. */
function once<T>(ask: () => T): () => T {
  let known: { value: T } | undefined;
  return () => (known ??= { value: ask() }).value;
}

/** The processes in the session that a process leads, as long as it runs: then another may get its number. */
export function sessionOf(leader: ProcessId): ProcessId[] {
  if (!isRunning(leader)) return [];
  return otherProcesses({ since: leader.startTime })
    .filter(({ session }) => session === leader.pid)
    .flatMap(({ pid }) => identify(pid) ?? []);
}

/** Whether a process has `ancestor` above it, or is it. */
export function descendsFrom(pid: number, ancestor: number): boolean {
  return ancestors(pid).has(ancestor);
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
