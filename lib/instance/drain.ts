import { isAsleep, isRunning, type ProcessId } from "../system/process.ts";
import { Connections } from "../system/connections.ts";
import { waitUntil } from "../system/wait.ts";
import type { Instance } from "./instance.ts";
import { addressOf } from "./instance_address.ts";
import { processesOf } from "./processes.ts";

/** How often to check at first, in ms. */
const LOOK = 10;
/**
 * How long there must be no connections if a worker hasn't slept since the switch, in ms:
 * it may have chosen the old instance and not connected to it yet.
 */
const QUIET = 100;

/** nginx's workers after a switch. */
export interface SwitchedWorkers {
  /** Those shutting down: they finish their requests, then end. */
  old: ProcessId[];
  /** Those that take requests. */
  present: ProcessId[];
}

/** What was left when a drain ended; nothing if both are 0. */
export interface Drained {
  connections: number;
  /** nginx workers from before the switch that still have clients. */
  workers: number;
}

/**
 * Waits until an old instance isn't needed any more. Three things must be true: no
 * connection to it is left, not even one it hasn't accepted; no nginx worker from before
 * the switch is left, which could open one for a request that is still arriving; and every
 * other worker has slept since, so that it has already connected if it chose the old
 * instance.
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
  using connections = address && new Connections(address);
  let awake = present;
  let quietSince: number | undefined;
  const isDone = async () => {
    if (!isRunning(instance.process) && processesOf(instance).length === 0) {
      return true;
    }
    // In this order, so that a connection opened before a worker sleeps is seen.
    awake = awake.filter((worker) => !isAsleep(worker));
    const isAwaited = old.some(isRunning);
    const asked = await connections?.turn() ?? performance.now();
    if (isAwaited || (connections?.count(asked) ?? 0) > 0) {
      quietSince = undefined;
      return undefined;
    }
    quietSince ??= performance.now();
    return awake.length === 0 || asked - quietSince >= QUIET ? true : undefined;
  };
  const often = { interval: LOOK, growth: 1.1, slowest: 50 };
  if (await waitUntil(isDone, { timeout, ...often, signal })) {
    return { connections: 0, workers: 0 };
  }
  return {
    connections: connections?.count() ?? 0,
    workers: old.filter(isRunning).length,
  };
}
