import { isAsleep, isRunning, type ProcessId } from "../system/process.ts";
import { isConnected, openConnections } from "../system/sockets.ts";
import { waitUntil } from "../system/wait.ts";
import type { Instance } from "./instance.ts";
import { addressOf } from "./instance_address.ts";
import { processesOf } from "./processes.ts";

/** How often is looked, in ms. */
const LOOK = 10;
/**
 * How long nobody must be connected while a worker hasn't slept since the switch, in ms:
 * it may have chosen the old instance and not connected to it yet.
 */
const QUIET = 100;

/** nginx's workers after a switch. */
export interface SwitchedWorkers {
  /** Told to shut down: they serve what they have begun, then end. */
  old: ProcessId[];
  /** Those that take requests. */
  present: ProcessId[];
}

/** What was still there when a drain ended; nothing is left if both are 0. */
export interface Drained {
  connections: number;
  /** nginx workers from before the switch that still have clients. */
  workers: number;
}

/**
 * Waits until nobody needs an old instance any more: no connection to it is left, not
 * even one that it hasn't accepted; nor an nginx worker from before the switch, which
 * could open one for a client whose request is still on its way; and each other worker
 * has slept since, so that it has connected by now if it chose the old one.
 *
 * @param timeout ms at most
 * @param signal ends it early by throwing its reason
 */
export async function drain(
  instance: Instance,
  { old, present }: SwitchedWorkers,
  timeout: number,
  signal?: AbortSignal,
): Promise<Drained> {
  const address = addressOf(instance);
  let awake = present;
  let quietSince: number | undefined;
  const isDone = () => {
    if (!isRunning(instance.process) && processesOf(instance).length === 0) {
      return true;
    }
    // In this order: what a worker does before it sleeps is seen.
    awake = awake.filter((worker) => !isAsleep(worker));
    if (
      old.some(isRunning) || address !== undefined && isConnected(address)
    ) {
      quietSince = undefined;
      return undefined;
    }
    const now = performance.now();
    quietSince ??= now;
    return awake.length === 0 || now - quietSince >= QUIET ? true : undefined;
  };
  const often = { interval: LOOK, growth: 1.1, slowest: 50 };
  if (await waitUntil(isDone, { timeout, ...often, signal })) {
    return { connections: 0, workers: 0 };
  }
  return {
    connections: address === undefined ? 0 : openConnections(address),
    workers: old.filter(isRunning).length,
  };
}
