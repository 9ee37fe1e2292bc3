import { ExitStatus, messageOf, wordsOf, ZddError } from "../error.ts";
import { isAlive } from "../instance/processes.ts";
import { drain } from "../instance/drain.ts";
import { discardInstance } from "../instance/stop.ts";
import { LiveLinks } from "../live/links.ts";
import { lockNginx } from "../nginx/lock.ts";
import { workersOf } from "../nginx/master.ts";
import { ReloadRefused } from "../nginx/nginx.ts";
import type { Journal, JournalEntries, Start } from "../state/journal.ts";
import { readState } from "../state/state_file.ts";
import { writeAtomically } from "../system/files.ts";
import { identify, isSame, type ProcessId } from "../system/process.ts";
import { putBack } from "./reload_switch.ts";
import { stopwatch } from "./report.ts";
import { howToStop, switchedWorkers } from "./retire.ts";
import type { Run } from "./run.ts";

/**
 * Takes back what a deploy has done: the live links, nginx.conf, nginx, the new
 * instances, the pid files, in this order, so that no request is lost if the new ones served already.
 *
 * @param reason why the deploy failed
 * @throws {ZddError} with exit status 4, if nginx can't be brought back; everything
 * that may serve is left running then, and the journal for the next run.
 */
export async function undo(
  run: Run,
  journal: Journal,
  reason: unknown,
): Promise<void> {
  const { report } = run;
  const { entries } = journal;
  const took = stopwatch();
  const undoing = { step: "undo", subject: "zdd", message: "undoing" } as const;
  report({ ...undoing, level: "begin" });
  report({ ...undoing, level: "detail" });
  try {
    const live = undoLiveSwitch(run, entries);
    const reloaded = await undoReloadSwitch(run, entries, reason);
    // Only now does nobody ask for those that were new.
    live.removeNew();
    const oldWorkers = reloaded ?? (live.hasMoved ? [] : undefined);
    await Promise.all(
      entries.starts.map((start) => discard(run, entries, start, oldWorkers)),
    );
    journal.close();
  } catch (error) {
    throw new ZddError(
      `${messageOf(reason)}\nand undoing it failed: ${messageOf(error)}`,
      {
        ...wordsOf(reason),
        hint: "old and new instances are left running; fix the cause, then " +
          "run zddeploy again: it finishes the undoing first",
        exitStatus: ExitStatus.broken,
        cause: error,
      },
    );
  }
  const message = "undone: what served before keeps serving";
  report({ ...undoing, message, ms: took(), level: "detail" });
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

/** Ends what a start has brought about, once nobody is connected to it. */
async function discard(
  { project: { config, nginx }, report }: Run,
  { by }: JournalEntries,
  start: Start,
  oldWorkers?: readonly ProcessId[],
): Promise<void> {
  const { instance, leader } = start;
  const how = howToStop(config, instance ?? start);
  if (instance !== undefined && oldWorkers !== undefined) {
    const workers = switchedWorkers(nginx, oldWorkers);
    await drain(instance, workers, how.drainTimeout);
  }
  const subject = how.name;
  const pid = instance?.process.pid ?? leader?.pid;
  if (pid !== undefined) {
    const message = `ending ${pid}`;
    report({ step: "undo", subject, message, level: "detail" });
  }
  await discardInstance(how, start, instance);
  try {
    restorePidFile(start, by);
  } catch (error) { // the state knows the process; the file is for others
    const message = messageOf(error);
    report({ step: "undo", subject, message, level: "warning" });
  }
}

/**
 * A server that failed may have removed or overwritten what names the one that serves.
 *
 * @param by the deploy: a process that is younger only has got the number
 */
function restorePidFile({ pidFile, pidBefore }: Start, by?: ProcessId): void {
  if (pidFile === undefined || pidBefore === undefined) return;
  const named = identify(Number(pidBefore));
  if (named === undefined) return;
  const isOlder = by === undefined ||
    named.boot === by.boot && named.startTime <= by.startTime;
  if (isOlder) writeAtomically(pidFile, pidBefore);
}
