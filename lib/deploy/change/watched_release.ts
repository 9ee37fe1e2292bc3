import { join } from "@std/path";
import { chooseServices } from "../../config/choose.ts";
import { stopsFirst } from "../../config/config.ts";
import { ExitStatus, messageOf, wordsOf, ZddError } from "../../error.ts";
import { servingIds, type State, type Watch } from "../../state/state.ts";
import { StateDir } from "../../state/state_dir.ts";
import { readState } from "../../state/state_file.ts";
import { identify } from "../../system/process.ts";
import { formatDuration } from "../../text/duration.ts";
import { describe, nameOf } from "../../watch/figures.ts";
import { RISK } from "../../watch/judge.ts";
import { presentState } from "../look/status.ts";
import type { Outcome } from "../outcome.ts";
import type { Project } from "../read.ts";
import { collectWarnings, type Report, stopwatch } from "../report.ts";
import { measureBaseline } from "../watch/baseline.ts";
import { comparedServices, isLogged } from "../watch/compared.ts";
import { Counter } from "../watch/counter.ts";
import { Endings } from "../watch/ended.ts";
import type { RunOptions } from "../run.ts";
import {
  shareIn,
  type Step,
  type StepResult,
  type Watching,
  watchStep,
} from "../watch/step.ts";
import { WentBack } from "../watch/went_back.ts";
import {
  deployRelease,
  type ReleaseOptions,
  requireNoWatch,
  serves,
} from "./release.ts";
import { abort, promote, shareCanary } from "./traffic.ts";

/**
 * How long to wait for another zddeploy, such as `start` in cron, before the next step of a
 * release or before it goes back, in ms.
 */
const LOCK_WAIT = 60_000;

export interface WatchedOptions
  extends Omit<ReleaseOptions, "canary" | "watch"> {
  /** How long each step is watched, in ms. */
  time: number;
  /** The successive shares of the release, in percent; undefined: all at once. */
  shares?: readonly number[];
}

/** The result of a watched release. */
export interface WatchedOutcome extends Outcome {
  /** Each step; none if nothing was watched. */
  watch: StepResult[];
}

/**
 * Puts a release live and watches it: its answers are compared with those of the previous
 * release, which keeps running until the watch ends. If the new one is worse, or ends, the
 * previous one serves again.
 *
 * @throws {WentBack} if the previous one serves again.
 * @throws {ZddError} if the new one didn't go live.
 */
export async function deployWatched(
  project: Project,
  { time, shares, services: names = [], ...how }: WatchedOptions,
): Promise<WatchedOutcome> {
  const took = stopwatch();
  const { report, warnings } = collectWarnings(how.report);
  const { signal } = how;
  how = { ...how, report };
  const directory = new StateDir(project.config.stateDir);
  const before = presentState(project);
  requireNoWatch(before);
  const chosen = chooseServices(project.config.services, names);
  const services = chosen.map(({ name }) => name);
  const compared = comparedServices(project, chosen, before);
  if (compared === undefined) {
    const message = "no serving release to compare with: nothing is watched";
    report({ step: "watch", subject: "zdd", message, level: "warning" });
    const [canary] = shares ?? [];
    const options = { ...how, services: names, canary };
    const outcome = await deployRelease(project, options);
    return { ...outcome, warnings, watch: [] };
  }
  for (const { name } of chosen.filter(stopsFirst)) {
    const message = "replace: stop-first leaves nothing to go back to";
    report({ step: "watch", subject: name, message, level: "warning" });
  }
  using counter = new Counter(
    join(directory.path, "live"),
    project.nginx.master(),
  );
  const { watchErrors: errors, watchSlower: slower } = project.config;
  const limits = { errors, slower };
  const known = {
    ...{ directory, counter, services, compared, limits, report, signal },
  };
  const isUseful = shares === undefined && compared.length > 0 &&
    isLogged(project) && !await serves(project, chosen, before, how.release);
  const baseline = isUseful ? await measureBaseline(known, time) : new Map();
  const watch = newWatch();
  const [canary] = shares ?? [];
  const options = { ...how, services: names, canary, watch };
  const first = await deployRelease(project, options);
  if (!first.changed) return { ...first, warnings, watch: [] };
  const steps = (shares ?? [100]).map((percent) => ({ percent, time }));
  const watching: Watching = {
    ...{ ...known, since: watch.since, baseline },
    risk: RISK / (compared.length * steps.length),
    endings: new Endings(),
  };
  const lockWait = Math.max(how.lockWait ?? 0, LOCK_WAIT);
  const course = new Course(project, watching, first, { ...how, lockWait });
  const last = await course.take(steps);
  return {
    ...last,
    ...{ changed: true, nginx: first.nginx, ms: took() },
    warnings: [...new Set(warnings)],
    watch: course.results,
  };
}

/** The steps of a release under watch. */
class Course {
  readonly results: StepResult[] = [];

  /** @param first the outcome of putting the release live */
  constructor(
    readonly project: Project,
    readonly watching: Watching,
    readonly first: Outcome,
    readonly options: RunOptions,
  ) {}

  /** Takes all steps, and promotes the release. @throws {WentBack} if it was taken back. */
  async take(steps: readonly Step[]): Promise<Outcome> {
    try {
      let [step, ...coming] = steps;
      while (step !== undefined) {
        const { reason, ...result } = await watchStep(this.watching, step);
        this.results.push(result);
        if (result.result === "taken over") return this.#takenOver();
        if (reason !== undefined) throw reason;
        if (result.result === "moved") {
          const percent = shareIn(this.#state());
          coming = coming.filter((next) => next.percent > percent);
          step = { ...step, percent };
          continue;
        }
        tell(this.watching.report, result);
        [step, ...coming] = coming;
        if (step === undefined) break;
        const { percent } = step;
        await shareCanary(this.project, percent, this.options, true);
      }
      return await promote(this.project, this.options);
    } catch (error) {
      throw error instanceof WentBack ? error : await this.#goBack(error);
    }
  }

  /** Makes the previous release serve again. Returns the failure. */
  async #goBack(error: unknown): Promise<ZddError> {
    const { report } = this.watching;
    const reason = new WentBack(error, this.results);
    try {
      const { lockWait } = this.options;
      await abort(this.project, { report, lockWait }, reason);
    } catch (failure) {
      if (failure === reason) return reason;
      return new ZddError(
        `${messageOf(error)}\nand going back failed: ${messageOf(failure)}`,
        {
          ...wordsOf(error),
          hint: "zddeploy status tells what serves, zddeploy abort tries again",
          exitStatus: failure instanceof ZddError
            ? failure.exitStatus
            : ExitStatus.failed,
          cause: failure,
        },
      );
    }
    return reason;
  }

  /** Ends the watch when another zddeploy has promoted the release, or taken it back. */
  #takenOver(): Outcome {
    const serving = servingIds(this.#state());
    const isPromoted = this.first.services
      .flatMap(({ current, canary }) => canary?.instances ?? current)
      .every(({ id }) => serving.includes(id));
    if (serving.length === 0) {
      throw new ZddError("Another zddeploy has stopped what was watched");
    }
    if (!isPromoted) {
      const what = "Another zddeploy has ended the watch";
      throw new WentBack(new ZddError(what), this.results);
    }
    const message = "another zddeploy has promoted the release";
    this.watching.report({ step: "watch", subject: "zdd", message });
    return this.first;
  }

  #state(): State {
    return readState(this.watching.directory).state;
  }
}

/** Reports the figures of a step, and warns if there were too few requests. */
function tell(
  report: Report,
  { percent, seconds, services }: StepResult,
): void {
  for (const figures of services) {
    const { service: subject, enough, now: { requests } } = figures;
    const share = percent < 100 ? `${percent} %: ` : "";
    const message = `${share}${describe(figures)}`;
    report({ step: "watch", subject, message, ms: seconds * 1000 });
    if (enough) continue;
    const many = requests === 0 ? "no" : `only ${requests}`;
    const few = `${many} request${requests === 1 ? "" : "s"} in ` +
      `${formatDuration(seconds * 1000)}: too few to judge ${
        nameOf(figures.now)
      }`;
    report({ step: "watch", subject, message: few, level: "warning" });
  }
}

function newWatch(): Omit<Watch, "kept"> {
  const by = identify(Deno.pid);
  if (by === undefined) throw new Error("this process isn't in /proc");
  return { by, since: new Date().toISOString() };
}
