import { hasAddress, networkOf } from "../system/network.ts";
import {
  isRunning,
  isSame,
  memoryOfAll,
  type ProcessId,
} from "../system/process.ts";
import { holders, listeningInodes } from "../system/sockets.ts";
import type { Instance } from "./instance.ts";
import { addressOf } from "./instance_address.ts";
import { readPidOrNothing } from "./port_file.ts";
import { ProcessSet, type Traces } from "./process_set.ts";
import { runnerOf } from "./run/runners.ts";
import { topmost } from "./topmost.ts";
import { topOf, workerAmong } from "./worker_process.ts";

/** Whether an instance still runs: its process, or another that serves on its address. */
export function isAlive(instance: Instance): boolean {
  return follow(instance) !== undefined;
}

/** The processes of an instance that run now, whether it serves or not. */
export function processesOf(instance: Traces): ProcessId[] {
  return ProcessSet.of(instance).look();
}

/** Whether all processes of an instance have ended. */
export function isGone(instance: Instance): boolean {
  return !isRunning(instance.process) && processesOf(instance).length === 0;
}

/**
 * An instance as it is now. If it was restarted or has re-executed itself, it continues in
 * another process. Undefined if none of its processes serves on its address or, for a
 * worker, does the work.
 */
export function follow(instance: Instance): Instance | undefined {
  if (isRunning(instance.process)) return instance;
  const address = addressOf(instance);
  const own = processesOf(instance);
  const [first] = own;
  if (first === undefined) return undefined;
  if (address === undefined) {
    const process = workerOf(own, instance);
    return process && { ...instance, process };
  }
  const network = networkOf(first.pid);
  const isApart = network !== undefined && "host" in address &&
    /^(?!127\.)[\d.]+$/.test(address.host);
  // A restarted container may have another address.
  if (isApart && !hasAddress(network, address.host)) return undefined;
  const listening = listeningInodes({ ...address, network });
  const pids = own.map(({ pid }) => pid);
  const held = holders(listening, pids);
  // Another user's open files can't be read, but nothing else can listen there.
  const isHidden = isApart && held.length === 0 && listening.length > 0;
  const serving = isHidden ? pids : held;
  const process = topmost(own, serving, instance.leader);
  return process && { ...instance, process };
}

/**
 * The process that a worker continues in: one that its runner or the shell around it has
 * restarted, or a daemon that its pid file names. A process that an ended worker left
 * behind isn't the worker.
 */
function workerOf(
  own: ProcessId[],
  { process, leader, pidFile, ...instance }: Instance,
): ProcessId | undefined {
  if (pidFile !== undefined) {
    const named = readPidOrNothing(pidFile);
    return own.find(({ pid }) => pid === named);
  }
  if (runnerOf(instance).restarts !== undefined) return topOf(own);
  if (leader === undefined || isSame(process, leader)) return undefined;
  return workerAmong(own, leader);
}

/** The memory of all processes of an instance, in bytes. Shared memory counts once. */
export function memoryOf(instance: Instance): number {
  return runnerOf(instance).memory?.(instance) ??
    memoryOfAll(ProcessSet.of(instance).glance().map(({ pid }) => pid));
}
