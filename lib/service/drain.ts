import { parseAddress } from "../system/address.ts";
import { isRunning, type ProcessId } from "../system/process.ts";
import { establishedConnections } from "../system/sockets.ts";
import { waitUntil } from "../system/wait.ts";
import type { Instance } from "./instance.ts";

/**
 * How long nobody must be connected, in ms: a live switch retires no worker, and one
 * may have chosen the old instance but not connected to it yet.
 */
const QUIET_BUSY = 100;
/** The same, where nobody was connected in the first place. */
const QUIET_IDLE = 10;

/** What was still there when a drain ended; nothing is left if both are 0. */
export interface Drained {
  connections: number;
  /** nginx workers from before the switch that still have clients. */
  workers: number;
}

/**
 * Waits until nobody needs an old instance any more: no established connection to
 * it is left, nor an nginx worker from before the switch, which could open one for
 * a client whose request is still on its way. At most `timeout` ms.
 */
export async function drain(
  instance: Instance,
  oldWorkers: ProcessId[],
  timeout: number,
): Promise<Drained> {
  const address = parseAddress(instance.address);
  const look = (): Drained => ({
    connections: address === undefined ? 0 : establishedConnections(address),
    workers: oldWorkers.filter(isRunning).length,
  });
  let busy = false;
  let quietSince: number | undefined;
  const done = await waitUntil(() => {
    if (!isRunning(instance.process)) return { connections: 0, workers: 0 };
    const left = look();
    const now = performance.now();
    if (left.connections + left.workers > 0) {
      busy = true;
      quietSince = undefined;
      return undefined;
    }
    quietSince ??= now;
    const quiet = busy ? QUIET_BUSY : QUIET_IDLE;
    return now - quietSince >= quiet ? left : undefined;
  }, { timeout, interval: QUIET_IDLE, slowest: 50 });
  return done ?? look();
}
