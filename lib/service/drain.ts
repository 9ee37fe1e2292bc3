import { parseAddress } from "../system/address.ts";
import { isRunning, type ProcessId } from "../system/process.ts";
import { establishedConnections } from "../system/sockets.ts";
import { waitUntil } from "../system/wait.ts";
import type { Instance } from "./instance.ts";

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
  const done = await waitUntil(() => {
    if (!isRunning(instance.process)) return { connections: 0, workers: 0 };
    const left = look();
    return left.connections + left.workers === 0 ? left : undefined;
  }, { timeout, interval: 2 });
  return done ?? look();
}
