import { stopsFirst } from "../config/config.ts";
import { ExitStatus, messageOf, wordsOf, ZddError } from "../error.ts";
import type { Instance } from "../instance/instance.ts";
import { type Plan, planInstance } from "../instance/plan.ts";
import { isAlive, isGone, processesOf } from "../instance/processes.ts";
import {
  prepareRunners,
  requireRunners,
  runnerOf,
} from "../instance/run/runners.ts";
import { discardInstance, stopInstance } from "../instance/stop.ts";
import type { Journal, Start } from "../state/journal.ts";
import { instancesOf, type State, stateOf } from "../state/state.ts";
import { readState, writeState } from "../state/state_file.ts";
import { withSuccessor } from "../state/instance_transitions.ts";
import { isDirectory } from "../system/files.ts";
import { descendsFrom } from "../system/process_table.ts";
import { formatDuration } from "../text/duration.ts";
import { sayGoodbye } from "./goodbye.ts";
import { onAddress, stopwatch } from "./report.ts";
import { howToStop, type Retired } from "./retire.ts";
import type { Run } from "./run.ts";
import { startAll, tellWhileStarting } from "./start.ts";

/** An instance was stopped for a deploy that failed, and couldn't be started again. */
export class NotStartedAgain extends ZddError {
  override name = "NotStartedAgain";

  /** Puts the failure of the deploy in front of this one. */
  behind(reason: unknown): NotStartedAgain {
    const message = `${messageOf(reason)}\nand ${this.message}`;
    return new NotStartedAgain(message, { ...this, ...wordsOf(reason) });
  }
}

/**
 * Returns a function that, for a service with `replace: stop-first`, ends all instances that
 * must not run beside the new ones, and waits until none of their processes is left. They are
 * in the journal before they are told to end.
 */
export function stopsBefore(
  run: Run,
  journal: Journal,
  before: State,
  plans: readonly Plan[],
): (service: string, signal: AbortSignal) => Promise<void> {
  return async (service, signal) => {
    const own = plans.filter((plan) => plan.service.name === service);
    if (!own.some((plan) => stopsFirst(plan.service))) return;
    const old = predecessors(before, service, own);
    for (const { process: { pid } } of old) {
      if (!descendsFrom(Deno.pid, pid)) continue;
      throw new ZddError(
        `${service} ${pid} has started this zddeploy, and would have to end before it`,
        { hint: "start zddeploy in another way, or as a unit of its own" },
      );
    }
    const { current } = stateOf(before, service);
    const serving = old.filter((one) => current.includes(one) && isAlive(one));
    if (serving.length > 0) journal.recordStops(serving);
    await Promise.all(old.map((instance) => end(run, instance, signal)));
  };
}

/** The instances that a deploy ended before it started others. */
export function endedIn({ entries: { stops = [] } }: Journal): Retired[] {
  return stops.map(({ service, process: { pid } }) => (
    { service, pid, state: "stopped" }
  ));
}

/** The instances of a service that must not run beside new ones. */
function predecessors(
  before: State,
  service: string,
  plans: readonly Plan[],
): Instance[] {
  const own = stateOf(before, service);
  const numbers = plans.map(({ number }) => number);
  const most = plans[0]?.service.instances ?? 1;
  const stays = (instance: Instance) =>
    own.current.includes(instance) && isAlive(instance) &&
    !numbers.includes(instance.number) && instance.number <= most;
  return instancesOf(own).filter((one) => mayRun(one) && !stays(one));
}

/** Whether an instance still has a process, or may be restarted at any moment. */
function mayRun(instance: Instance): boolean {
  return !isGone(instance) || runnerOf(instance).restarts !== undefined;
}

/** Stops an instance. @throws {ZddError} if it doesn't end in time. */
async function end(
  { project: { config }, report }: Run,
  instance: Instance,
  signal?: AbortSignal,
): Promise<void> {
  const { service: subject, process: { pid } } = instance;
  const how = howToStop(config, instance);
  const step = "stop";
  report({ step, subject, message: `stopping ${pid}`, level: "begin" });
  const took = stopwatch();
  if (isAlive(instance)) {
    await sayGoodbye(config, how, instance, report, signal);
  }
  const { outcome } = await stopInstance(how, instance);
  if (outcome === "stopping") {
    const { stop, killAfter, stopTimeout } = how;
    const time = formatDuration(killAfter ?? stopTimeout);
    throw new ZddError(
      `${subject} ${pid} still runs ${time} after "${stop}", and must have ` +
        "ended before another is started",
      { hint: "stop_timeout gives it more time, kill_after ends it by force" },
    );
  }
  report({ step, subject, message: `${outcome} ${pid}`, ms: took() });
}

/**
 * Starts instances that a failed deploy had stopped, with their former command and directory,
 * unless they have been started again already.
 *
 * @returns a failure with exit status 4, if that isn't possible; what this has started is
 * ended then, since it must not run twice
 */
export async function startAgain(
  run: Run,
  journal: Journal,
): Promise<NotStartedAgain | undefined> {
  const { state } = readState(run.directory);
  const isCurrent = ({ id, service }: Instance) =>
    stateOf(state, service).current.some((one) => one.id === id);
  const { stops = [], starts } = journal.entries;
  const stopped = stops.filter(isCurrent);
  if (stopped.length === 0) return undefined;
  try {
    requireGone(starts, stopped);
    // One that still runs may or may not have been told to end.
    const ends = await Promise.allSettled(
      stopped.map((one) => mayRun(one) ? end(run, one) : undefined),
    );
    const ended = stopped.filter((_, i) => ends[i]?.status === "fulfilled");
    await startInPlace(run, journal, ended);
    const failed = ends.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    return undefined;
  } catch (error) {
    const names = [...new Set(stopped.map(({ service }) => service))];
    return new NotStartedAgain(
      `${names.join(", ")} could not be started again: ${messageOf(error)}`,
      {
        ...wordsOf(error),
        hint: "fix that, then run zddeploy start",
        exitStatus: ExitStatus.broken,
        cause: error,
      },
    );
  }
}

/** Starts a successor for each ended instance, and writes the state. */
async function startInPlace(
  run: Run,
  journal: Journal,
  ended: readonly Instance[],
): Promise<void> {
  if (ended.length === 0) return;
  const known = journal.entries.starts.length;
  try {
    await run.detach();
    const plans = ended.map((one) => planAgain(run, one));
    requireRunners(plans.map(({ service }) => service));
    await prepareRunners(plans, tellWhileStarting(run));
    journal.recordStarts(plans);
    const undisturbed = { ...run, signal: undefined };
    using launched = await startAll(undisturbed, plans, journal);
    const present = await launched.look();
    const next = present.reduce((next, started, i) => {
      const earlier = ended[i];
      if (earlier === undefined) return next;
      const { release, fingerprint } = earlier;
      const again = { ...started, release, fingerprint };
      return withSuccessor(next, earlier, again);
    }, readState(run.directory).state);
    writeState(run.directory, next);
    launched.committed();
    for (const { service: subject, process: { pid }, address } of present) {
      const message = `started again as ${pid}${onAddress(address)}`;
      run.report({ step: "undo", subject, message });
    }
  } catch (error) {
    const begun = journal.entries.starts.slice(known);
    await Promise.all(begun.map((start) => {
      const how = howToStop(run.project.config, start.instance ?? start);
      return discardInstance(how, start, start.instance);
    }));
    throw error;
  }
}

/** @throws {ZddError} if a process is left of what replaced the stopped instances. */
function requireGone(
  starts: readonly Start[],
  stopped: readonly Instance[],
): void {
  for (const { instance, log = "/dev/null", ...start } of starts) {
    if (!stopped.some(({ service }) => service === start.service)) continue;
    const [left] = processesOf(instance ?? { ...start, log });
    if (left === undefined) continue;
    throw new ZddError(`${start.service} ${left.pid} doesn't end`);
  }
}

/** Plans an instance like a stopped one. */
function planAgain({ project: { config } }: Run, stopped: Instance): Plan {
  const { service: name, number, slot, address, command, cwd, release } =
    stopped;
  const service = config.services.find((service) => service.name === name);
  if (service === undefined) {
    throw new ZddError(`${name} isn't in deploy.conf any more`);
  }
  return planInstance(
    {
      ...service,
      start: command ?? service.start,
      cwd: cwd !== undefined && isDirectory(cwd) ? cwd : service.cwd,
    },
    number,
    slot && address !== undefined ? { slot, address } : undefined,
    release,
  );
}
