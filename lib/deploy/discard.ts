import { isWorker, stopsFirst } from "../config/config.ts";
import { messageOf } from "../error.ts";
import { drain } from "../instance/drain.ts";
import type { Instance } from "../instance/instance.ts";
import type { StopConfig } from "../instance/run/runner.ts";
import { discardInstance, stopInstance } from "../instance/stop.ts";
import type { Journal, JournalEntries, Start } from "../state/journal.ts";
import { instancesOf } from "../state/state.ts";
import { readState, writeState } from "../state/state_file.ts";
import { withLeft } from "../state/instance_transitions.ts";
import { writeAtomically } from "../system/files.ts";
import { identify, type ProcessId } from "../system/process.ts";
import { sayGoodbye } from "./goodbye.ts";
import { howToStop, switchedWorkers } from "./retire.ts";
import type { Run } from "./run.ts";
import { type NotStartedAgain, startAgain } from "./stop_first.ts";

/**
 * Ends what a failed deploy has started. Starts again what it had stopped, as soon as the
 * replacement is gone.
 *
 * @param oldWorkers nginx's workers that may have passed requests to what is discarded;
 * undefined if none did
 * @returns what couldn't be started again
 */
export async function discardAll(
  run: Run,
  journal: Journal,
  oldWorkers?: readonly ProcessId[],
): Promise<NotStartedAgain | undefined> {
  const { entries } = journal;
  const { state } = readState(run.directory);
  const known = Object.values(state.services).flatMap(instancesOf);
  // An instance that was started again, before an undo was killed, isn't a leftover.
  const starts = entries.starts.filter(({ id }) =>
    !known.some((instance) => instance.id === id)
  );
  const replaces = (start: Start) => isSuccessor(entries, start);
  const discardEach = (starts: readonly Start[]) =>
    Promise.all(
      starts.map((start) => discard(run, entries, start, oldWorkers)),
    );
  const [, missing] = await Promise.all([
    discardEach(starts.filter((start) => !replaces(start))),
    discardEach(starts.filter(replaces)).then(() => startAgain(run, journal)),
  ]);
  return missing;
}

/** Whether instances were stopped for a start: they are started again only when it is gone. */
function isSuccessor({ stops = [] }: JournalEntries, { service }: Start) {
  return stops.some((stopped) => stopped.service === service);
}

/** Ends the processes of a start, once nobody is connected to them. */
async function discard(
  run: Run,
  entries: JournalEntries,
  start: Start,
  oldWorkers?: readonly ProcessId[],
): Promise<void> {
  const { project: { config, nginx }, report } = run;
  const { instance, leader } = start;
  const how = howToStop(config, instance ?? start);
  const subject = how.name;
  const service = config.services.find(({ name }) => name === subject);
  const mayWork = service !== undefined && isWorker(service) &&
    !stopsFirst(service) && !isSuccessor(entries, start);
  if (instance !== undefined && oldWorkers !== undefined) {
    const workers = switchedWorkers(nginx, oldWorkers);
    await drain(instance, workers, how.drainTimeout);
  }
  const pid = instance?.process.pid ?? leader?.pid;
  if (pid !== undefined) {
    const message = `ending ${pid}`;
    report({ step: "undo", subject, message, level: "detail" });
  }
  if (!mayWork) await discardInstance(how, start, instance);
  else if (instance === undefined) {
    // It may have begun a job.
    const patience = how.killAfter ?? how.stopTimeout;
    await discardInstance(how, start, undefined, patience);
  } else {
    await letGo(run, how, instance);
  }
  try {
    restorePidFile(start, entries.by);
  } catch (error) { // the state has the process; the pid file is for other programs
    const message = messageOf(error);
    report({ step: "undo", subject, message, level: "warning" });
  }
}

/** Stops a worker that may have begun a job: it may finish that, like any other worker. */
async function letGo(
  { project: { config }, directory, report }: Run,
  how: StopConfig,
  instance: Instance,
): Promise<void> {
  await sayGoodbye(config, how, instance, report);
  const { outcome } = await stopInstance(how, instance);
  if (outcome !== "stopping") return;
  const { service: subject, process: { pid } } = instance;
  const message = `${pid} still runs: it is left to end by itself`;
  report({ step: "undo", subject, message, level: "warning" });
  const { state } = readState(directory);
  writeState(directory, withLeft(state, instance, how.stop));
}

/**
 * Restores a pid file: a server that failed may have removed or overwritten it.
 *
 * @param by the zddeploy of the deploy: a process younger than that has only reused the pid
 */
function restorePidFile({ pidFile, pidBefore }: Start, by?: ProcessId): void {
  if (pidFile === undefined || pidBefore === undefined) return;
  const named = identify(Number(pidBefore));
  if (named === undefined) return;
  const isOlder = by === undefined ||
    named.boot === by.boot && named.startTime <= by.startTime;
  if (isOlder) writeAtomically(pidFile, pidBefore);
}
