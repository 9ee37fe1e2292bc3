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

/** Whether an instance still runs: in its process, or in another that serves on its address. */
export function isAlive(instance: Instance): boolean {
  return follow(instance) !== undefined;
}

/** The processes of an instance that run now, whether it serves or not. */
export function processesOf(instance: Traces): ProcessId[] {
  return ProcessSet.of(instance).look();
}

/** Whether none of the processes of an instance is left. */
export function isGone(instance: Instance): boolean {
  return !isRunning(instance.process) && processesOf(instance).length === 0;
}

/**
 * An instance as it is now. One that was started again, or re-executed itself, goes on in
 * another process; undefined if none of its processes serves on its address or, of a
 * worker, is the one that works.
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
  // A container that was started again may have been given another address.
  if (isApart && !hasAddress(network, address.host)) return undefined;
  const listening = listeningInodes({ ...address, network });
  const pids = own.map(({ pid }) => pid);
  const held = holders(listening, pids);
  // Another user's open files can't be seen, but there nobody else can listen.
  const isHidden = isApart && held.length === 0 && listening.length > 0;
  const serving = isHidden ? pids : held;
  const process = topmost(own, serving, instance.leader);
  return process && { ...instance, process };
}

/**
 * The process that a worker goes on in: what its runner has started again, what the shell
 * around it has, or a daemon that its pid file names. What one that has ended leaves
 * behind is no worker.
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

/** The memory of all processes of an instance, in bytes; what they share counts once. */
export function memoryOf(instance: Instance): number {
  return runnerOf(instance).memory?.(instance) ??
    memoryOfAll(
      ProcessSet.of(instance).look({ fresh: false }).map(({ pid }) => pid),
    );
}
