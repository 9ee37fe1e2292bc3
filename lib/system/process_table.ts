import {
  allProcesses,
  identify,
  isRunning,
  type ProcessId,
  type ProcessStat,
  readStat,
} from "./process.ts";

/** How long a look at all processes serves others at least, in ms; else as long as it took. */
const FRESH = 5;
let lastLook: { processes: ProcessStat[]; until: number } | undefined;

/**
 * All processes but this one and what is above it. Many instances that are started or
 * stopped side by side look for theirs at the same time: reading /proc once is enough for
 * them all.
 *
 * @param fresh looks anew, where one that has just been forked must not be missed
 */
export function otherProcesses(fresh: boolean): ProcessStat[] {
  const begin = performance.now();
  if (!fresh && lastLook !== undefined && begin < lastLook.until) {
    return lastLook.processes;
  }
  const own = ancestors(Deno.pid);
  const processes = allProcesses().filter(({ pid }) => !own.has(pid));
  const end = performance.now();
  lastLook = { processes, until: end + Math.max(FRESH, end - begin) };
  return processes;
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
