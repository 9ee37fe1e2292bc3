import { removeIfExists } from "../system/files.ts";
import { processesOf } from "../system/instance_mark.ts";
import {
  currentBoot,
  isRunning,
  type ProcessId,
  sendSignal,
} from "../system/process.ts";
import { waitUntil } from "../system/wait.ts";
import type { Instance } from "./instance.ts";
import { runnerOf } from "./run/runners.ts";
import type { StopConfig } from "./run/runner.ts";

/** How long a release that never served may take to end by itself, in ms. */
const DISCARD_TIMEOUT = 5000;
/** How long what stood around a server may take to notice that it has ended, in ms. */
const REST_TIMEOUT = 1000;

export interface Stopped {
  /** `stopping`: it was still running when the time was over. */
  outcome: "stopped" | "killed" | "stopping";
  /** The exit status of the stop command, if it has ended. */
  status?: number;
}

/**
 * Runs the stop command on an instance and waits until its process is gone: at most
 * `stop_timeout`, or `kill_after` if that is set, and then it is killed.
 */
export async function stopInstance(
  service: StopConfig,
  instance: Instance,
): Promise<Stopped> {
  const { stopTimeout, killAfter } = service;
  const { process } = instance;
  let status: number | undefined;
  if (isRunning(process)) {
    runnerOf(instance).stop(service, instance)?.then((code) => status = code);
  }
  const gone = await waitUntil(() => isRunning(process) ? undefined : true, {
    timeout: killAfter ?? stopTimeout,
    interval: 2,
  });
  if (gone) {
    if (instance.pidFile === undefined) await endRest(service, instance);
    return ended(instance, "stopped", status);
  }
  if (killAfter === undefined) return { outcome: "stopping", status };
  const rest = processesOf(instance.id, undefined, { fresh: true });
  await runnerOf(instance).kill?.(instance);
  await kill([process, ...rest]);
  return ended(instance, "killed", status);
}

/**
 * What zdd tracks without a pid file it tracks whole: shells and helpers around the
 * server end with it, by themselves or by SIGTERM.
 */
async function endRest(
  { stopTimeout }: StopConfig,
  { id, process: { boot } }: Instance,
): Promise<void> {
  if (boot !== currentBoot()) return;
  const gone = () => processesOf(id).length === 0 ? true : undefined;
  if (await waitUntil(gone, { timeout: REST_TIMEOUT })) return;
  const rest = processesOf(id, undefined, { fresh: true });
  for (const process of rest) sendSignal(process, "SIGTERM");
  await waitUntil(gone, { timeout: stopTimeout });
}

/**
 * Ends a release that never served, whatever it takes: its stop command or SIGTERM,
 * then SIGKILL to every process of it.
 *
 * @param leader the start command's process, if it is known
 */
export async function discardInstance(
  service: StopConfig,
  id: string,
  instance?: Instance,
  leader?: ProcessId,
): Promise<void> {
  const all = () => {
    const marked = processesOf(id, leader, { fresh: true });
    const main = instance?.process;
    return main !== undefined && isRunning(main) ? [main, ...marked] : marked;
  };
  if (instance !== undefined && isRunning(instance.process)) {
    runnerOf(instance).stop(service, instance);
  } else {
    for (const process of all()) sendSignal(process, "SIGTERM");
  }
  await waitUntil(() => all().length === 0 ? true : undefined, {
    timeout: Math.min(service.stopTimeout, DISCARD_TIMEOUT),
  });
  if (instance !== undefined) await runnerOf(instance).kill?.(instance);
  await kill(all());
  if (instance !== undefined) ended(instance, "killed");
}

async function kill(processes: ProcessId[]): Promise<void> {
  for (const process of processes) sendSignal(process, "SIGKILL");
  await waitUntil(() => processes.some(isRunning) ? undefined : true, {
    timeout: 5000,
  });
}

/** Removes what an instance left behind; `<pid>.port` would mislead whoever gets its pid. */
function ended(
  { portFile }: Instance,
  outcome: Stopped["outcome"],
  status?: number,
): Stopped {
  if (portFile !== undefined) removeIfExists(portFile);
  return { outcome, status };
}
