import {
  allProcesses,
  environmentOf,
  identify,
  isRunning,
  type ProcessId,
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
 */
export function processesOf(id: string, leader?: ProcessId): ProcessId[] {
  const own = ancestors(Deno.pid);
  const ledSession = leader !== undefined && isRunning(leader)
    ? leader.pid
    : undefined;
  return allProcesses().flatMap(({ pid, session }) => {
    const inSession = session === ledSession;
    if (own.has(pid) || !(inSession || isMarked(pid, id))) return [];
    return identify(pid) ?? [];
  });
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
