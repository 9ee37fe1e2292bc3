import type { NginxConfig } from "../config/config.ts";
import { messageOf, ZddError } from "../error.ts";
import { childrenOf } from "../system/children.ts";
import {
  awaitsHangup,
  isRunning,
  isSame,
  type ProcessId,
  type ProcessStat,
  sendSignal,
} from "../system/process.ts";
import { waitUntil } from "../system/wait.ts";
import { formatDuration } from "../text/duration.ts";
import { markLogs, wordsSince } from "./error_log.ts";
import { findOldMaster, type Worker, workersOf } from "./master.ts";

/**
 * Sends SIGHUP and waits until the new configuration is in use: every old worker is gone
 * or shutting down, and there are new ones. Returns the old workers.
 *
 * nginx has refused if its master waits for the next signal and has started no process.
 * The error log only explains a failure, since others can write to it.
 *
 * @throws {ReloadRefused} with nginx's messages, if it keeps the old configuration.
 * @throws {ZddError} if the reload can't be confirmed in time, or nginx is gone.
 */
export async function reload(
  { pidFile, reloadTimeout }: NginxConfig,
  master: ProcessId,
  signal?: AbortSignal,
): Promise<ProcessId[]> {
  const old = findOldMaster(pidFile);
  if (old !== undefined && !isSame(old, master)) {
    throw new ReloadRefused(
      `nginx is being upgraded: its old master ${old.pid} still serves`,
      { hint: `end the upgrade first, with "kill -QUIT ${old.pid}"` },
    );
  }
  const before = active(workersOf(master));
  const children = childrenOf(master.pid);
  const marks = markLogs(master);
  try {
    if (!sendSignal(master, "SIGHUP")) throw new Error("it is gone");
  } catch (error) {
    throw new ZddError(
      `Cannot reload nginx (${master.pid}): ${messageOf(error)}`,
      { hint: "run zddeploy as the user who runs nginx", cause: error },
    );
  }
  const outcome = await waitUntil(() => {
    if (isReplaced(before, workersOf(master))) return "confirmed";
    if (!isRunning(master)) return "gone";
    // In this order: it starts its workers before it waits.
    return awaitsHangup(master) && !hasNewChild(master, children)
      ? "refused"
      : undefined;
  }, {
    timeout: reloadTimeout,
    // nginx needs 100 ms, and a look is cheap.
    ...{ interval: 4, growth: 1.05, slowest: 25 },
    signal,
  });
  if (outcome === "confirmed") return before;
  const quote = wordsSince(marks, master);
  const source = marks.map((mark) => mark.file).join(", ");
  if (outcome === "refused") {
    throw new ReloadRefused(
      "nginx refused to reload and keeps its old configuration",
      { quote, source },
    );
  }
  throw new ZddError(
    outcome === "gone"
      ? `nginx (${master.pid}) ended during the reload`
      : `nginx didn't confirm the reload in ${formatDuration(reloadTimeout)}`,
    { quote, source, hint: `look at nginx's error log` },
  );
}

/** nginx refused the new configuration and still runs with the old one. */
export class ReloadRefused extends ZddError {
  override name = "ReloadRefused";
}

function active(workers: Worker[]): ProcessId[] {
  return workers.filter((worker) => !worker.shuttingDown)
    .map((worker) => worker.process);
}

/** Whether a master has started a process. It may not have a worker's title yet. */
function hasNewChild(master: ProcessId, before: ProcessStat[]): boolean {
  return childrenOf(master.pid).some(({ pid, startTime }) =>
    !before.some((old) => old.pid === pid && old.startTime === startTime)
  );
}

/** Whether no old worker takes connections any more, and a new one does. */
function isReplaced(before: ProcessId[], now: Worker[]): boolean {
  const taking = active(now);
  const isOld = (process: ProcessId) =>
    before.some((old) => isSame(old, process));
  return taking.length > 0 && !taking.some(isOld);
}
