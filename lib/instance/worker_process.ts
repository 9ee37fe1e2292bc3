import { argumentsOf, type ProcessId, readStat } from "../system/process.ts";

/** Shells. With `-c` they run one command. */
const SHELL = /^(?:ba|da|k|z|a)?sh$/;
/** Words that make a shell's command the worker itself, not just a wrapper. */
const SCRIPT = /\b(?:while|until|for|trap)\b/;
/** Programs that start another one and wait for it. */
const AROUND = /^(?:sudo|su|runuser|flock|timeout|tini|dumb-init|catatonit)$/;
/** Package managers, whose title names what they run. */
const PACKAGE_MANAGER = /^(?:npm|npx|yarn|pnpm) /;

/**
 * The process of a worker that is told to end: the start command or, if that is only a
 * wrapper such as a shell, the command in it. If the start command has ended, the topmost
 * process that has left its session.
 *
 * @param own the instance's processes
 */
export function workerAmong(
  own: readonly ProcessId[],
  leader: ProcessId,
): ProcessId | undefined {
  const first = own.find(({ pid, startTime }) =>
    pid === leader.pid && startTime === leader.startTime
  );
  if (first !== undefined) return innermost(first, own);
  const daemons = own.filter(({ pid }) =>
    readStat(pid)?.session !== leader.pid
  );
  return topOf(daemons);
}

/** Of some processes, the first whose parent isn't one of them. */
export function topOf(processes: readonly ProcessId[]): ProcessId | undefined {
  const pids = processes.map(({ pid }) => pid);
  return processes.find(({ pid }) =>
    !pids.includes(readStat(pid)?.parent ?? 0)
  );
}

function innermost(
  process: ProcessId,
  own: readonly ProcessId[],
): ProcessId {
  if (!isAround(argumentsOf(process.pid))) return process;
  const children = own.filter(({ pid }) =>
    readStat(pid)?.parent === process.pid
  );
  const [child] = children;
  // If there are several, it is unknown which one matters.
  return child === undefined || children.length > 1
    ? process
    : innermost(child, own);
}

/** Whether a command only starts another one. */
export function isAround([command = "", ...args]: readonly string[]): boolean {
  const name = command.replace(/^.*\/(?=[^/]*$)|^-/g, "");
  if (SHELL.test(name)) {
    const [option = "", script = ""] = args;
    return /^-\w*c$/.test(option) && !SCRIPT.test(script);
  }
  return AROUND.test(name) || PACKAGE_MANAGER.test(command);
}
