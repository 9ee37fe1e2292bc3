import { removeIfExists } from "../system/files.ts";
import {
  isRunning,
  isSame,
  type ProcessId,
  readStat,
  sendSignal,
} from "../system/process.ts";
import { sleep, waitUntil } from "../system/wait.ts";
import type { Instance } from "./instance.ts";
import { ProcessSet, type Traces } from "./process_set.ts";
import { follow } from "./processes.ts";
import { runnerOf } from "./run/runners.ts";
import type { StopCommand, StopConfig } from "./run/runner.ts";

/** How long a release that never served may take to end by itself, in ms. */
const DISCARD_TIMEOUT = 5000;
/** How long processes around a server may take to notice that it has ended, in ms. */
const REST_TIMEOUT = 1000;
/** How long the kernel may take to end killed processes, in ms. */
const KILL_TIMEOUT = 5000;

export interface Stopped {
  /** `stopping`: some processes were still running after the timeout. */
  outcome: "stopped" | "killed" | "stopping";
  /** The exit status of the stop command, if it has ended. */
  status?: number;
  /** The processes that still run. */
  left?: ProcessId[];
}

/**
 * Runs the stop command on an instance and waits until all its processes have ended: at
 * most for `stop_timeout`. If `kill_after` is set, waits for that time instead, then kills
 * them.
 */
export async function stopInstance(
  service: StopConfig,
  instance: Instance,
): Promise<Stopped> {
  const { stopTimeout, killAfter } = service;
  const processes = ProcessSet.of(instance);
  let status: number | undefined;
  const present = follow(instance);
  if (present !== undefined) processes.add(present.process);
  const before = processes.glance();
  const main = present?.process;
  const supervisors = main === undefined ? [] : ancestorsOf(main, before);
  const runner = runnerOf(instance);
  // An instance between two processes would come back.
  const isSupervised = runner.restarts !== undefined;
  const stopping = present !== undefined || isSupervised
    ? runner.stop(service, present ?? instance)
    : undefined;
  stopping?.exited.then((code) => status = code);
  const end = performance.now() + (killAfter ?? stopTimeout);
  if (main !== undefined) {
    const gone = () => isRunning(main) ? undefined : true;
    const timeout = end - performance.now();
    await waitUntil(gone, { timeout, interval: 1, growth: 1.1 });
  }
  // With a pid file, helpers may finish what they are working on.
  const isEmpty = await endRest(
    processes,
    main,
    end,
    (process) =>
      main === undefined || instance.pidFile === undefined ||
      supervisors.includes(process.pid) ||
      !before.some((other) => isSame(other, process)),
  );
  if (isEmpty || await allGone(processes, end)) {
    // A runner that couldn't be told to stop it would restart it.
    const isTold = !isSupervised || await stopping?.exited === 0;
    if (!isTold) await runner.kill?.(instance);
    return ended(instance, { outcome: "stopped", status });
  }
  if (killAfter === undefined) {
    return { outcome: "stopping", status, left: processes.look() };
  }
  await runner.kill?.(instance);
  const left = await killAll(processes);
  await killCommand(instance, stopping);
  return left.length > 0
    ? { outcome: "stopping", status, left }
    : ended(instance, { outcome: "killed", status });
}

/** The pids of the processes that are ancestors of one. */
function ancestorsOf({ pid }: ProcessId, among: ProcessId[]): number[] {
  const parent = readStat(pid)?.parent;
  const above = among.find((process) => process.pid === parent);
  return above === undefined ? [] : [above.pid, ...ancestorsOf(above, among)];
}

/**
 * Ends shells and helpers around the server after it: they end by themselves or get
 * SIGTERM, and so do processes that they start instead of it.
 *
 * @param ends whether a process is one of these
 * @returns whether no process is left
 */
async function endRest(
  processes: ProcessSet,
  main: ProcessId | undefined,
  end: number,
  ends: (process: ProcessId) => boolean,
): Promise<boolean> {
  if (main !== undefined && isRunning(main)) return false;
  const patience = main === undefined ? 0 : REST_TIMEOUT;
  const timeout = Math.max(0, Math.min(end - performance.now(), patience));
  const left = await waitUntil(() => lookForRest(processes, ends), { timeout });
  if (left !== undefined) return left.length === 0;
  signalAll(processes.look().filter(ends), "SIGTERM");
  return false;
}

/**
 * Ends a release that never served, by force if needed: first with its stop command or
 * SIGTERM, then with SIGKILL to all its processes.
 *
 * @param begun what is known from its start
 * @param instance the instance, if it was found
 * @param patience until SIGKILL, in ms
 */
export async function discardInstance(
  service: StopConfig,
  { id, leader, roots, users, runner }: Omit<Traces, "log">,
  instance?: Instance,
  patience = Math.min(service.stopTimeout, DISCARD_TIMEOUT),
): Promise<void> {
  const traces: Traces = instance ??
    { id, leader, roots, users, log: service.log, runner };
  const processes = ProcessSet.of(traces);
  const present = instance && follow(instance);
  const own = processes.look();
  let stopping: StopCommand | undefined;
  if (present !== undefined) {
    processes.add(present.process);
    stopping = runnerOf(present).stop(service, present);
  } else {
    // Its runner must not restart it.
    if (runnerOf(traces).restarts !== undefined) {
      await runnerOf(traces).kill?.(traces);
    }
    signalAll(own, "SIGTERM");
  }
  const isGone = await allGone(processes, performance.now() + patience);
  await runnerOf(traces).kill?.(traces);
  await killAll(processes);
  if (!isGone) await killCommand(traces, stopping);
  if (instance !== undefined) ended(instance, { outcome: "killed" });
}

/** Waits until no process is left. @param end in ms of `performance.now()` */
async function allGone(processes: ProcessSet, end: number): Promise<boolean> {
  const timeout = Math.max(0, end - performance.now());
  const gone = () => lookForRest(processes, () => true);
  return await waitUntil(gone, { timeout }) !== undefined;
}

/**
 * The processes that are left, once no awaited one is among them. Checks the known ones
 * first, which is fast. Only when those have ended, looks for others that they left behind.
 */
async function lookForRest(
  processes: ProcessSet,
  isAwaited: (process: ProcessId) => boolean,
): Promise<ProcessId[] | undefined> {
  if (processes.known().some(isAwaited)) return undefined;
  const left = await processes.lookInTurn();
  return left.some(isAwaited) ? undefined : left;
}

/**
 * Kills all processes. Stops them first with SIGSTOP, so that none starts another
 * meanwhile. Returns those that don't end.
 */
async function killAll(processes: ProcessSet): Promise<ProcessId[]> {
  const end = performance.now() + KILL_TIMEOUT;
  for (;;) {
    const stopped = new Set<number>();
    for (;;) {
      const running = processes.look().filter(({ pid }) => !stopped.has(pid));
      if (running.length === 0 || performance.now() > end) break;
      signalAll(running, "SIGSTOP");
      for (const { pid } of running) stopped.add(pid);
    }
    const left = processes.look();
    if (left.length === 0 || performance.now() > end) return left;
    signalAll(left, "SIGKILL");
    await sleep(5);
  }
}

/** Kills a stop command that still waits for killed processes: their pids may be reused. */
async function killCommand(
  { id, log }: Traces,
  { leader }: Partial<StopCommand> = {},
): Promise<void> {
  if (leader === undefined || !isRunning(leader)) return;
  await killAll(new ProcessSet({ id: `${id}-stop`, log, leader }));
}

/** Signals all processes that zdd may signal. */
function signalAll(processes: ProcessId[], signal: Deno.Signal): void {
  for (const process of processes) {
    try {
      sendSignal(process, signal);
    } catch (error) {
      if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    }
  }
}

/** Removes an instance's port file: it would be wrong for the next process with its pid. */
function ended({ portFile }: Instance, stopped: Stopped): Stopped {
  try {
    if (portFile !== undefined) removeIfExists(portFile);
  } catch { /* the service has replaced it with something else */ }
  return stopped;
}
