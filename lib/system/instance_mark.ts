import {
  allProcesses,
  environmentOf,
  identify,
  isRunning,
  type ProcessId,
  type ProcessStat,
  readStat,
} from "./process.ts";

/**
 * The environment variable that marks the processes of an instance with its id.
 * Children inherit it, daemons too: by that they are found, whoever their parent
 * is by now.
 */
export const INSTANCE_VARIABLE = "ZDD_INSTANCE";

/** Whether a process is marked as part of an instance. */
export function isMarked(pid: number, id: string): boolean {
  return environmentOf(pid, INSTANCE_VARIABLE) === id;
}

/**
 * The processes of an instance: the marked ones, and those in the session of `leader`
 * as long as that runs, for afterwards another session may get its number. zdd itself
 * and what is above it are never among them.
 *
 * @param fresh looks anew, where one that has just been forked must not be missed
 */
export function processesOf(
  id: string,
  leader?: ProcessId,
  { fresh = false } = {},
): ProcessId[] {
  const ledSession = leader !== undefined && isRunning(leader)
    ? leader.pid
    : undefined;
  return sighted(fresh).flatMap(({ pid, startTime, session, mark }) => {
    if (session !== ledSession && mark !== id) return [];
    const process = identify(pid);
    return process?.startTime === startTime ? [process] : [];
  });
}

/** A process and what it is marked with. */
type Sighted = ProcessStat & { mark: string | undefined };

/** How long a look at all processes serves others at least, in ms; else as long as it took. */
const FRESH = 5;
let lastLook: { processes: Sighted[]; until: number } | undefined;

/**
 * All processes but zdd's own line. Many instances that are started or stopped side by
 * side look for theirs at the same time: reading /proc once is enough for them all.
 */
function sighted(fresh: boolean): Sighted[] {
  const begin = performance.now();
  if (!fresh && lastLook !== undefined && begin < lastLook.until) {
    return lastLook.processes;
  }
  const own = ancestors(Deno.pid);
  const processes = allProcesses().filter(({ pid }) => !own.has(pid))
    .map((stat) => ({
      ...stat,
      mark: environmentOf(stat.pid, INSTANCE_VARIABLE),
    }));
  const end = performance.now();
  lastLook = { processes, until: end + Math.max(FRESH, end - begin) };
  return processes;
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
