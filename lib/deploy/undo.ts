import { ExitStatus, messageOf, wordsOf, ZddError } from "../error.ts";
import { drain } from "../instance/drain.ts";
import { discardInstance } from "../instance/stop.ts";
import { LiveLinks } from "../live/links.ts";
import { workersOf } from "../nginx/master.ts";
import { ReloadRefused } from "../nginx/nginx.ts";
import { lockNginx } from "../nginx/lock.ts";
import { writeAtomically } from "../system/files.ts";
import {
  identify,
  isRunning,
  isSame,
  type ProcessId,
} from "../system/process.ts";
import { putBack } from "./configure.ts";
import { serviceOf } from "./former_service.ts";
import { switchedWorkers } from "./retire.ts";
import type { Journal, Start } from "../state/journal.ts";
import type { Project } from "./read.ts";
import { type Report, stopwatch } from "./report.ts";
import { readState } from "../state/state.ts";
import type { StateDir } from "../state/state_dir.ts";

/**
 * Takes back what a deploy has done: the live links, nginx.conf, nginx, the new
 * instances, the pid files, in this order, so that no request is lost if the new ones served already.
 *
 * @param reason why the deploy failed
 * @throws {ZddError} with exit status 4, if nginx can't be brought back; everything
 * that may serve is left running then, and the journal for the next run.
 */
export async function undo(
  project: Project,
  journal: Journal,
  reason: unknown,
  report: Report,
): Promise<void> {
  const took = stopwatch();
  report({ step: "undo", subject: "zdd", message: "undoing", level: "begin" });
  const { starts } = journal.text;
  const detail = (subject: string, message: string, ms?: number) =>
    report({ step: "undo", subject, message, ms, level: "detail" });
  detail("zdd", "undoing");
  try {
    const links = new LiveLinks(project.config.stateDir);
    const moved = Object.entries(journal.text.links ?? {});
    for (const [key, target] of moved) {
      if (target !== null) links.point(key, target);
    }
    const oldWorkers = await undoSwitch(project, journal, reason) ??
      (moved.length > 0 ? [] : undefined);
    // Only now does nobody ask for those that were new.
    for (const [key, target] of moved) {
      if (target === null) links.point(key, undefined);
    }
    const workers = oldWorkers && switchedWorkers(project.nginx, oldWorkers);
    await Promise.all(starts.map(async (start) => {
      const traces = { ...start, log: start.instance?.log };
      const service = serviceOf(project.config, traces);
      if (start.instance !== undefined && workers !== undefined) {
        await drain(start.instance, workers, service.drainTimeout);
      }
      const { id, instance, leader } = start;
      const pid = instance?.process.pid ?? leader?.pid;
      if (pid !== undefined) detail(service.name, `ending ${pid}`);
      await discardInstance(service, id, instance, leader);
      try {
        restorePidFile(start, journal.text.by);
      } catch (error) { // the state knows the process; the file is for others
        const { name: subject } = service;
        const message = messageOf(error);
        report({ step: "undo", subject, message, level: "warning" });
      }
    }));
    journal.close();
  } catch (error) {
    throw new ZddError(
      `${messageOf(reason)}\nand undoing it failed: ${messageOf(error)}`,
      {
        ...wordsOf(reason),
        hint: "old and new instances are left running; mend the cause, then " +
          "run zddeploy again: it finishes the undoing first",
        exitStatus: ExitStatus.broken,
        cause: error,
      },
    );
  }
  detail("zdd", "undone: what served before serves on", took());
}

/**
 * Puts nginx.conf back and makes nginx use it. Returns the workers that used the
 * new one; undefined if none ever did.
 */
async function undoSwitch(
  { nginx, config }: Project,
  { directory, text: { conf, nginx: action } }: Journal,
  reason: unknown,
): Promise<ProcessId[] | undefined> {
  if (conf === undefined) return undefined;
  // Whoever takes too long for that must not keep this from being undone.
  using _turn = await lockNginx(config.nginx).catch(() => undefined);
  const master = nginx.master();
  const isUseless = conf.text === undefined || !hasServing(directory);
  if (action === "started" && isUseless) {
    if (master !== undefined) await nginx.quit(master);
    putBack(conf);
    return undefined;
  }
  putBack(conf);
  if (master === undefined || reason instanceof ReloadRefused) return undefined;
  if (action === undefined && !hasNewWorker(master, conf.workers)) {
    return undefined;
  }
  return await nginx.reload(master);
}

/** Whether an instance runs that was there before: an nginx that can serve it stays. */
function hasServing(directory: StateDir): boolean {
  const { services } = readState(directory).state;
  return Object.values(services).some(({ current }) =>
    current.some(({ process }) => isRunning(process))
  );
}

/**
 * Whether somebody else may have reloaded or restarted nginx since nginx.conf was
 * written, which uses the new one then, although the deploy has never told it to.
 */
function hasNewWorker(master: ProcessId, before: ProcessId[]): boolean {
  return workersOf(master).some(({ process }) =>
    !before.some((worker) => isSame(worker, process))
  );
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
