import {
  askEngine,
  type EngineName,
  inspect,
} from "../../system/container_engine.ts";
import type { Instance } from "../instance.ts";
import { ownContainers, removeContainer } from "./container_ownership.ts";
import type { Ran, StopConfig } from "./runner.ts";

/** How long zdd waits for a container's end if `kill_after` isn't set, in ms. */
const STOPPING = 90_000;
/** How much longer than zdd an engine waits before it kills, in seconds. */
const GRACE = 5;
/** How long it waits if the container must not be killed, in seconds: ten years. */
const FOREVER = 315_360_000;

/**
 * Makes the engine stop an instance's container, and removes it. Returns 0 on success, or
 * 1.
 */
export async function stopContainers(
  engine: EngineName,
  { stopTimeout, killAfter }: StopConfig,
  instance: Instance,
): Promise<number> {
  const seconds = killAfter === undefined
    ? FOREVER
    : Math.ceil(killAfter / 1000) + GRACE;
  const timeout = 2 * Math.max(stopTimeout, killAfter ?? STOPPING);
  try {
    let status = 0;
    for (const container of await ownContainers(engine, instance)) {
      const args = ["stop", "-t", String(seconds), container.id];
      const { success } = await askEngine(engine, args, { timeout });
      if (!success) status = 1;
      const hasEnded = success ||
        !(await inspect(engine, container.id))?.running;
      if (hasEnded) await removeContainer(engine, container);
    }
    return status;
  } catch {
    return 1; // the engine can't be asked
  }
}

/**
 * Ends and removes an instance's container.
 *
 * @throws {ZddError} if the instance has a container and the engine can't be asked.
 */
export async function killContainers(
  engine: EngineName,
  instance: Ran,
): Promise<void> {
  try {
    for (const container of await ownContainers(engine, instance)) {
      await removeContainer(engine, container);
    }
  } catch (error) {
    if (instance.handle !== undefined) throw error;
  }
}
