import { isSame, type ProcessId } from "../system/process.ts";
import { waitUntil } from "../system/wait.ts";
import { formatDuration } from "../text/duration.ts";
import type { Launch } from "./launch.ts";

/**
 * Waits until an instance has run for some time from now in the same process. This is the
 * only sign that a worker works, or that a server stays up.
 *
 * @param settle that time, in ms
 * @throws {ZddError} with its last output, if it ends or keeps restarting for
 * `start_timeout`.
 */
export async function waitUntilSettled(
  launch: Launch,
  settle: number,
  signal: AbortSignal,
): Promise<void> {
  const { startTimeout } = launch.plan.service;
  let last: ProcessId | undefined;
  let since = performance.now();
  const isSettled = await waitUntil(async () => {
    const { process } = await launch.look();
    const now = performance.now();
    if (last === undefined || !isSame(process, last)) since = now;
    last = process;
    return now - since >= settle ? true : undefined;
  }, { timeout: startTimeout + settle, interval: 20, slowest: 50, signal });
  if (isSettled) return;
  throw await launch.failure(
    `none of its processes ran for ${formatDuration(settle)}`,
  );
}
