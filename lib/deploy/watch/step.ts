import { ZddError } from "../../error.ts";
import { type State, stateOf } from "../../state/state.ts";
import type { StateDir } from "../../state/state_dir.ts";
import { readState } from "../../state/state_file.ts";
import { sleep } from "../../system/wait.ts";
import { formatDuration } from "../../text/duration.ts";
import {
  describeFailures,
  describeTimes,
  figuresOf,
  nameOf,
  type ServiceFigures,
} from "../../watch/figures.ts";
import { judge, type Limits } from "../../watch/judge.ts";
import { type Report, stopwatch } from "../report.ts";
import {
  type Counter,
  NO_TALLIES,
  type Pair,
  type Tallies,
} from "./counter.ts";
import type { Endings } from "./ended.ts";
import { lastWords } from "./last_words.ts";

/** How often to read the answers and check that all instances run, in ms. */
const LOOK = 250;

/** How long the times of a new release don't count, since it isn't warm, in ms; at most a tenth of a step. */
const WARMING = 10_000;

/** One step of a watch. */
export interface Step {
  /** The release's share of the requests; 100 if it gets all. */
  percent: number;
  /** In ms. */
  time: number;
}

/** The result of a step, as `--json` prints it. */
export interface StepResult {
  percent: number;
  seconds: number;
  /**
   * `moved`: another zddeploy has changed the share; `taken over`: another zddeploy has ended
   * the watch.
   */
  result:
    | "good"
    | "worse"
    | "ended"
    | "interrupted"
    | "moved"
    | "taken over";
  services: ServiceFigures[];
}

/** What a watch needs. */
export interface Watching {
  directory: StateDir;
  counter: Counter;
  endings: Endings;
  /** The services that were deployed. */
  services: readonly string[];
  /** The services whose answers are compared. */
  compared: readonly string[];
  /** When the release went live. The watch ends when the state has another time or none. */
  since: string;
  /** The answers of the previous release before it was replaced. */
  baseline: ReadonlyMap<string, Tallies>;
  limits: Limits;
  /** The probability, in each comparison, that a release that isn't worse is taken back. */
  risk: number;
  report: Report;
  signal?: AbortSignal;
}

/** Watches until a step is over, or until the release must be taken back: then `reason` says why. */
export async function watchStep(
  watching: Watching,
  { percent, time }: Step,
): Promise<StepResult & { reason?: ZddError }> {
  const { directory, counter, baseline, report, signal } = watching;
  const took = stopwatch();
  let tallies = baseline;
  let services: ServiceFigures[] = [];
  const event = { step: "watch", subject: "zdd" } as const;
  const over = (result: StepResult["result"], reason?: ZddError) => {
    report({ ...event, message: result, ms: took(), level: "detail" });
    const seconds = Number((took() / 1000).toFixed(1));
    return { percent, seconds, result, services, reason };
  };
  const share = percent < 100
    ? `, which gets ${percent} % of the requests,`
    : "";
  const begun = `watching the release${share} for ${formatDuration(time)}`;
  report({ ...event, message: begun });
  // Earlier answers don't belong to this step.
  counter.count([], tallies);
  for (;;) {
    try {
      await sleep(Math.max(0, Math.min(LOOK, time - took())), signal);
    } catch (error) {
      return over("interrupted", asFailure(error));
    }
    const { state } = readState(directory);
    if (state.watch?.since !== watching.since) return over("taken over");
    if (shareIn(state) !== percent) return over("moved");
    const pairs = pairsIn(state, watching.services);
    const isWarm = took() > Math.min(WARMING, time / 10);
    tallies = counter.count(pairs, tallies, isWarm);
    services = pairs
      .filter(({ service }) => watching.compared.includes(service))
      .map((pair) => compare(pair, tallies, watching, took()));
    const left = `${formatDuration(Math.max(0, time - took()))} left`;
    const message = `watching${percent < 100 ? ` ${percent} %` : ""}, ${left}`;
    report({ ...event, message, level: "begin", figures: services });
    const ended = watching.endings.find(pairs.flatMap(({ now }) => now));
    if (ended !== undefined) {
      const { service, process: { pid } } = ended;
      const what = `${service}: ${pid} has ended while it was watched`;
      return over("ended", new ZddError(what, await lastWords(ended)));
    }
    const worse = services.find(({ worse }) => worse !== undefined);
    if (worse !== undefined) {
      const [first] = pairs.find(({ service }) => service === worse.service)
        ?.now ?? [];
      const words = first === undefined ? {} : await lastWords(first);
      return over("worse", new ZddError(verdict(worse), words));
    }
    if (took() >= time) return over("good");
  }
}

/** Compares the new release of a service with the previous one. */
function compare(
  { service, now, before }: Pair,
  tallies: ReadonlyMap<string, Tallies>,
  { limits, risk }: Watching,
  ms: number,
): ServiceFigures {
  const { now: own, before: other } = tallies.get(service) ?? NO_TALLIES;
  const release = (instances: Pair["now"]) => ({
    release: instances[0]?.release,
    pids: instances.map(({ process }) => process.pid),
  });
  return {
    service,
    now: figuresOf(release(now), own, ms / 1000),
    before: figuresOf(release(before), other, ms / 1000),
    ...judge(own, other, limits, risk),
  };
}

/** `web: v42 fails more than v41: 4.63 % of 512 requests, 0.00 % of 4120 before`. */
function verdict({ service, worse, now, before }: ServiceFigures): string {
  const [what, own, other] = worse === "errors"
    ? ["fails more", describeFailures(now), describeFailures(before)]
    : ["is slower", describeTimes(now), describeTimes(before)];
  return `${service}: ${nameOf(now)} ${what} than ${nameOf(before)}: ` +
    `${own}, ${other} before`;
}

/** The canary and the current release of each service or, without a canary, the current and the standby. */
export function pairsIn(state: State, services: readonly string[]): Pair[] {
  return services.map((service) => {
    const { current, standby, canary } = stateOf(state, service);
    return canary === undefined
      ? { service, now: current, before: standby }
      : { service, now: canary.instances, before: current };
  });
}

/** The newest release's share of the requests, in percent. */
export function shareIn({ services }: State): number {
  const [canary] = Object.values(services).flatMap(({ canary }) =>
    canary ?? []
  );
  return canary?.percent ?? 100;
}

function asFailure(error: unknown): ZddError {
  return error instanceof ZddError
    ? error
    : new ZddError(String(error), { cause: error });
}
