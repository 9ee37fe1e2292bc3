import { ExitStatus, messageOf, wordsOf, ZddError } from "../error.ts";
import { isAlive } from "../instance/processes.ts";
import { LiveLinks } from "../live/links.ts";
import { lockNginx } from "../nginx/lock.ts";
import { workersOf } from "../nginx/master.ts";
import { ReloadRefused } from "../nginx/nginx.ts";
import type { Journal, JournalEntries } from "../state/journal.ts";
import { readState } from "../state/state_file.ts";
import { isSame, type ProcessId } from "../system/process.ts";
import { discardAll } from "./discard.ts";
import { putBack } from "./reload_switch.ts";
import { stopwatch } from "./report.ts";
import type { Run } from "./run.ts";
import type { NotStartedAgain } from "./stop_first.ts";

/**
 * Takes back what a deploy has done: the live links, nginx.conf, nginx, the new
 * instances, the pid files, in this order, so that no request is lost if the new ones served already.
 * What was stopped before is started again as soon as what replaced it is gone.
 *
 * @param reason why the deploy failed
 * @returns what couldn't be started again, if something couldn't
 * @throws {ZddError} with exit status 4, if nginx can't be brought back; everything
 * that may serve is left running then, and the journal for the next run.
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
    // Only now does nobody ask for those that were new.
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

/** Puts the live links back that were moved; those that are new may still be asked for. */
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
 * Puts nginx.conf back and makes nginx use it. Returns the workers that used the
 * new one; undefined if none ever did.
 */
async function undoReloadSwitch(
  { project: { nginx, config }, directory }: Run,
  { conf, nginx: action }: JournalEntries,
  reason: unknown,
): Promise<ProcessId[] | undefined> {
  if (conf === undefined) return undefined;
  // Whoever keeps the lock for too long must not keep this from being undone.
  using _lock = await lockNginx(config.nginx).catch(() => undefined);
  const master = nginx.master();
  // An nginx that was started stays if it can serve an instance that was there before.
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
  return await nginx.reload(master);
}

/**
 * Whether somebody else may have reloaded or restarted nginx since nginx.conf was
 * written, which uses the new one then, although the deploy has never told it to.
 */
function hasNewWorker(
  master: ProcessId,
  before: readonly ProcessId[],
): boolean {
  return workersOf(master).some(({ process }) =>
    !before.some((worker) => isSame(worker, process))
  );
}
