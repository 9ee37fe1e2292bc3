import { ExitStatus, messageOf, wordsOf, ZddError } from "../error.ts";
import { isAlive } from "../instance/processes.ts";
import { LiveLinks } from "../live/links.ts";
import { lockNginx } from "../nginx/lock.ts";
import { workersOf } from "../nginx/master.ts";
import { reload, ReloadRefused } from "../nginx/reload.ts";
import type { Journal, JournalEntries } from "../state/journal.ts";
import { readState } from "../state/state_file.ts";
import { isSame, type ProcessId } from "../system/process.ts";
import { discardAll } from "./discard.ts";
import { putBack } from "./reload_switch.ts";
import { stopwatch } from "./report.ts";
import type { Run } from "./run.ts";
import type { NotStartedAgain } from "./stop_first.ts";

/**
 * Undoes what a deploy has done to the live links, nginx.conf, nginx, the new instances and
 * the pid files, in this order, so that no request is lost if the new ones served already.
 * Instances that were stopped are started again as soon as what replaced them is gone.
 *
 * @param reason why the deploy failed
 * @returns a failure if something couldn't be started again
 * @throws {ZddError} with exit status 4, if nginx can't be brought back. Everything that may
 * serve keeps running then, and the journal is kept for the next run.
 */
export async function undo(
  run: Run,
  journal: Journal,
  reason: unknown,
): Promise<NotStartedAgain | undefined> {
  const { report } = run;
  const { entries } = journal;
  const took = stopwatch();
  const undoing = { step: "undo", subject: "zdd", message: "undoing" } as const;
  report({ ...undoing, level: "begin" });
  report({ ...undoing, level: "detail" });
  let missing: NotStartedAgain | undefined;
  try {
    const live = undoLiveSwitch(run, entries);
    const reloaded = await undoReloadSwitch(run, entries, reason);
    // Only now, nginx no longer uses the new links.
    live.removeNew();
    const oldWorkers = reloaded ?? (live.hasMoved ? [] : undefined);
    missing = await discardAll(run, journal, oldWorkers);
    journal.close();
  } catch (error) {
    throw new ZddError(
      `${messageOf(reason)}\nand undoing it failed: ${messageOf(error)}`,
      {
        ...wordsOf(reason),
        hint:
          "old and new instances keep running; fix the cause, then run zddeploy " +
          "again, which first finishes the undoing",
        exitStatus: ExitStatus.broken,
        cause: error,
      },
    );
  }
  const message = "undone: the old release keeps serving";
  report({ ...undoing, message, ms: took(), level: "detail" });
  return missing;
}

/** Moves the live links back. New links stay until `removeNew`, since nginx may still use them. */
function undoLiveSwitch({ directory }: Run, { links = {} }: JournalEntries) {
  const live = new LiveLinks(directory.path);
  const moved = Object.entries(links);
  for (const [key, target] of moved) {
    if (target !== null) live.point(key, target);
  }
  return {
    hasMoved: moved.length > 0,
    removeNew() {
      for (const [key, target] of moved) {
        if (target === null) live.point(key, undefined);
      }
    },
  };
}

/**
 * Restores nginx.conf and makes nginx use it. Returns the workers that used the new one;
 * undefined if none did.
 */
async function undoReloadSwitch(
  { project: { nginx, config }, directory }: Run,
  { conf, nginx: action }: JournalEntries,
  reason: unknown,
): Promise<ProcessId[] | undefined> {
  if (conf === undefined) return undefined;
  // If another project holds the lock for too long, undo without it.
  using _lock = await lockNginx(config.nginx).catch(() => undefined);
  const master = nginx.master();
  // An nginx that was started stays if it has an earlier instance to pass requests to.
  const { services } = readState(directory).state;
  const isUseless = conf.text === undefined ||
    !Object.values(services).some(({ current }) => current.some(isAlive));
  if (action === "started" && isUseless) {
    if (master !== undefined) await nginx.quit(master);
    putBack(conf);
    return undefined;
  }
  putBack(conf);
  if (master === undefined) return undefined;
  const isUntouched = action === undefined || reason instanceof ReloadRefused;
  if (isUntouched && !hasNewWorker(master, conf.workers)) return undefined;
  return await reload(nginx.config, master);
}

/**
 * Whether nginx may have been reloaded or restarted by others since nginx.conf was written,
 * so that it uses the new one although the deploy didn't reload it.
 */
function hasNewWorker(
  master: ProcessId,
  before: readonly ProcessId[],
): boolean {
  return workersOf(master).some(({ process }) =>
    !before.some((worker) => isSame(worker, process))
  );
}
