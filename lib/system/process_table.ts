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

/** A process as found when all of them were read. */
export interface SeenProcess extends ProcessStat {
  /** The id of the instance it is marked with; undefined if it has no mark. */
  mark(): string | undefined;
  /** Its real user id; undefined if it is gone. */
  user(): number | undefined;
}

/** How long a result is reused at least, in ms; longer if reading took longer. */
const FRESH = 20;
let lastLook:
  | { processes: SeenProcess[]; since: number; until: number }
  | undefined;

/** How to look. */
export interface LookOptions {
  /** Leaves out processes that started earlier, in clock ticks after boot; none by default. */
  since?: number;
  /** Reads them again, so that a process that was just forked isn't missed. */
  fresh?: boolean;
}

/**
 * All processes except this one and its ancestors. When many instances are started or
 * stopped side by side, each looks for its processes: one read of /proc is enough for all
 * of them.
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

/** How often to look for processes that were forked meanwhile. */
const ROUNDS = 5;

function lookFor(since: number): SeenProcess[] {
  const seen = ancestors(Deno.pid);
  const found: ProcessStat[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // A process that ended before it was read may have left a child behind.
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

/** The start times of known processes, and the inodes of their directories in /proc. */
const starts = new Map<number, { inode: number; startTime: number }>();

/**
 * A process, unless it started before `since` or is dead. One known to have started before
 * isn't read again. That is true of most processes on a host. If a pid is reused, the new
 * process has a new directory in /proc.
 */
function readUnlessOlder(pid: number, since: number): ProcessStat | undefined {
  const known = starts.get(pid);
  // Read before the start time: if the pid is reused in between, the next look notices.
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
    return undefined; // gone
  }
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

function ancestors(pid: number): Set<number> {
  const line = new Set<number>();
  for (
    let next: number | undefined = pid;
    next !== undefined && next > 0 && !line.has(next);
    next = readStat(next)?.parent
  ) line.add(next);
  return line;
}
