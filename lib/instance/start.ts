import { removeIfExists } from "../system/files.ts";
import { Subreaper } from "../system/subreaper.ts";
import { addressKind } from "./address/kinds.ts";
import { Launch } from "./launch.ts";
import { LaunchProcesses } from "./launch_processes.ts";
import type { Plan } from "./plan.ts";
import { runnerFor } from "./run/runners.ts";

/**
 * Starts an instance.
 *
 * @throws {ZddError} if it can't be run.
 */
export async function start(plan: Plan): Promise<Launch> {
  const locator = addressKind(plan.service).locator(plan);
  const startedAt = new Date();
  // A server may refuse to start if it finds the pid of a living process there.
  if (plan.pidFile !== undefined) removeOwn(plan.pidFile);
  const runner = runnerFor(plan.service);
  // No process of it must get away before it is known.
  const subreaper = runner.isApart ? undefined : new Subreaper();
  try {
    const run = await runner.begin(plan);
    const processes = new LaunchProcesses(plan, run, subreaper);
    return new Launch(plan, run, locator, startedAt, processes);
  } catch (error) {
    subreaper?.[Symbol.dispose]();
    throw error;
  }
}

/** Removes a file that the service may have replaced with something else. */
function removeOwn(path: string): void {
  try {
    removeIfExists(path);
  } catch { /* it will be read safely */ }
}
