import {
  allProcesses,
  identify,
  isRunning,
  type ProcessId,
  type ProcessStat,
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

/** How long a look at all processes serves others at least, in ms; else as long as it took. */
const FRESH = 20;
let lastLook: { processes: SeenProcess[]; until: number } | undefined;

/**
 * All processes but this one and what is above it. Many instances that are started or
 * stopped side by side look for theirs at the same time: reading /proc once is enough for
 * them all.
 *
 * @param fresh looks anew, where one that has just been forked must not be missed
 */
export function otherProcesses(fresh: boolean): SeenProcess[] {
  const begin = performance.now();
  if (!fresh && lastLook !== undefined && begin < lastLook.until) {
    return lastLook.processes;
  }
  const own = ancestors(Deno.pid);
  const processes = allProcesses().filter(({ pid }) => !own.has(pid))
    .map((stat): SeenProcess => ({
      ...stat,
      mark: once(() => markOf(stat.pid)),
      user: once(() => userOf(stat.pid)),
    }));
  const end = performance.now();
  lastLook = { processes, until: end + Math.max(FRESH, end - begin) };
  return processes;
}

/** Asks when it is needed, once for all. */
function once<T>(ask: () => T): () => T {
  let known: { value: T } | undefined;
  return () => (known ??= { value: ask() }).value;
}

/** The processes in the session that a process leads, as long as it runs: then another may get its number. */
export function sessionOf(leader: ProcessId): ProcessId[] {
  if (!isRunning(leader)) return [];
  return otherProcesses(true).filter(({ session }) => session === leader.pid)
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
