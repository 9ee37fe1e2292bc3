import type { ServiceConfig } from "../config/config.ts";
import { fingerprintOf } from "../config/fingerprint.ts";
import { ExitStatus, messageOf, wordsOf, ZddError } from "../error.ts";
import { checkInstance, type CheckOptions } from "../instance/check.ts";
import type { Instance } from "../instance/instance.ts";
import type { Plan } from "../instance/plan.ts";
import { type Launch, start } from "../instance/start.ts";
import { servicesWithoutHttp } from "../live/spoken.ts";
import type { Journal } from "../state/journal.ts";
import type { State } from "../state/state.ts";
import { writeState } from "../state/state_file.ts";
import { withInstances } from "../state/transitions.ts";
import { isSame } from "../system/process.ts";
import { type Report, stopwatch } from "./report.ts";
import type { Run } from "./run.ts";

/**
 * Steps 3 and 4: starts all instances side by side and waits until each of them
 * really serves. The first that fails, or ends while others are still starting, ends the
 * wait for all.
 *
 * @throws {ZddError} with the last words of the first that fails.
 */
export async function startAll(
  run: Run,
  plans: readonly Plan[],
  journal: Journal,
): Promise<Launched> {
  const launches: Launch[] = [];
  try {
    for (const plan of plans) launches.push(await start(plan));
  } finally { // those that were begun are ended if another can't be
    const leaders = launches.map(({ plan, leader }) =>
      [plan.id, leader] as const
    );
    journal.recordLeaders(new Map(leaders));
  }
  const failure = new AbortController();
  const signal = AbortSignal.any([
    failure.signal,
    ...launches.map(({ ended }) => ended),
    ...run.signal ? [run.signal] : [],
  ]);
  const { template, config, nginx } = run.project;
  const others = servicesWithoutHttp(template, config, () => nginx.version());
  const settled = await Promise.allSettled(launches.map(async (launch) => {
    const { id, service } = launch.plan;
    const speaksHttp = !others.has(service.name);
    // If zdd is killed now, nothing else may tell whose they are.
    launch.processes.onDaemons = (daemons) => {
      try {
        journal.recordDaemons(id, daemons);
      } catch {
        /* the next entry can't be written either, and fails the deploy */
      }
    };
    try {
      const instance = {
        ...await startOne(launch, run.report, { speaksHttp, signal }),
        release: launch.plan.release,
      };
      journal.noteInstance(instance);
      return { launch, instance };
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  }));
  for (const { processes } of launches) processes.onDaemons = undefined;
  const started = settled.map((outcome) => {
    if (outcome.status === "fulfilled") return outcome.value;
    throw signal.reason;
  });
  journal.recordInstances();
  return new Launched(started);
}

async function startOne(
  launch: Launch,
  report: Report,
  options: CheckOptions,
): Promise<Instance> {
  const took = stopwatch();
  const { service } = launch.plan;
  const subject = service.name;
  report({ step: "start", subject, message: "starting", level: "begin" });
  const found = await launch.instance(options.signal);
  const instance = await checkInstance(launch, found, options);
  const { process: { pid }, address } = instance;
  const message = `started ${pid} on ${address}`;
  report({ step: "start", subject, message, ms: took() });
  return {
    ...instance,
    fingerprint: await fingerprintOf(service),
    stopping: stoppingOf(service),
  };
}

function stoppingOf(
  { stop, cwd, drainTimeout, stopTimeout, killAfter }: ServiceConfig,
): Instance["stopping"] {
  return { stop, cwd, drainTimeout, stopTimeout, killAfter };
}

/** New instances from their check to the end of the deploy. */
export class Launched implements Disposable {
  #started: readonly { launch: Launch; instance: Instance }[];

  constructor(started: readonly { launch: Launch; instance: Instance }[]) {
    this.#started = started;
  }

  /** As they were when they were last looked at. */
  get instances(): Instance[] {
    return this.#started.map(({ instance }) => instance);
  }

  /** Aborted when one of them ends, with its last words, or when `other` is. */
  signal(other?: AbortSignal): AbortSignal {
    return AbortSignal.any([
      ...this.#started.map(({ launch }) => launch.ended),
      ...other ? [other] : [],
    ]);
  }

  /** Aborted when all those of a service have ended, with the last one's last words; undefined if none of it was started. */
  lost = (service: string): AbortSignal | undefined => {
    const ends = this.#started
      .filter(({ instance }) => instance.service === service)
      .map(({ launch }) => launch.ended);
    if (ends.length === 0) return undefined;
    const all = new AbortController();
    const look = () => {
      const last = ends.find(({ aborted }) => aborted);
      if (ends.every(({ aborted }) => aborted)) all.abort(last?.reason);
    };
    for (const end of ends) end.addEventListener("abort", look);
    look();
    return all.signal;
  };

  /**
   * The instances as they are now: one that has made itself a daemon is another process.
   *
   * @throws {ZddError} with the last lines of its log, if one of them has ended.
   */
  async look(): Promise<Instance[]> {
    const started = [];
    for (const { launch, instance } of this.#started) {
      const { process, roots, users } = await launch.look();
      const isMoved = !isSame(process, instance.process);
      started.push({
        launch,
        instance: isMoved ? { ...instance, process, roots, users } : instance,
      });
    }
    this.#started = started;
    return this.instances;
  }

  /** They serve now. */
  committed(): void {
    for (const { launch } of this.#started) launch.committed();
  }

  [Symbol.dispose](): void {
    for (const { launch } of this.#started) launch[Symbol.dispose]();
  }
}

/**
 * Looks once more when the old instances have gone. Returns the state with the processes
 * that the new ones are by now.
 *
 * @throws {ZddError} with exit status 4, if one has ended: undoing is no use any more.
 */
export async function settle(
  { directory }: Run,
  launched: Launched,
  state: State,
): Promise<State> {
  const committed = launched.instances;
  let present: Instance[];
  try {
    present = await launched.look();
  } catch (error) {
    const hasStandby = Object.values(state.services)
      .some(({ standby }) => standby.length > 0);
    throw new ZddError(`${messageOf(error)}, after it was put live`, {
      ...wordsOf(error),
      hint: hasStandby
        ? "zddeploy rollback puts the standby back in service"
        : "fix that, then run zddeploy again",
      exitStatus: ExitStatus.broken,
      cause: error,
    });
  }
  if (present.every((instance, i) => instance === committed[i])) return state;
  const settled = withInstances(state, present);
  writeState(directory, settled);
  return settled;
}
