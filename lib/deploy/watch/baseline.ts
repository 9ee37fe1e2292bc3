import { stateOf } from "../../state/state.ts";
import type { StateDir } from "../../state/state_dir.ts";
import { readState } from "../../state/state_file.ts";
import { sleep } from "../../system/wait.ts";
import type { Limits } from "../../watch/judge.ts";
import { timed } from "../../watch/tally.ts";
import { type Report, stopwatch } from "../report.ts";
import type { Counter, Tallies } from "./counter.ts";

/** How often is looked, in ms. */
const LOOK = 250;

/** So many requests of each service tell enough, and so many times where those count. */
const ENOUGH = 1000;
const ENOUGH_TIMES = 500;

/** How long is waited for them, in ms; for the first of all, less. */
const LONGEST = 60_000;
const LONGEST_WITHOUT = 5000;

/**
 * Counts what is answered for the release that serves, which is about to be replaced by one
 * that gets all requests at once: the minutes before are what that is compared with.
 *
 * @param time no longer than this, in ms
 */
export async function measureBaseline(
  { directory, counter, compared, limits, report, signal }: {
    directory: StateDir;
    counter: Counter;
    compared: readonly string[];
    limits: Limits;
    report: Report;
    signal?: AbortSignal;
  },
  time: number,
): Promise<ReadonlyMap<string, Tallies>> {
  const took = stopwatch();
  const { state } = readState(directory);
  const pairs = compared.map((service) => ({
    service,
    now: [],
    before: stateOf(state, service).current,
  }));
  const event = { step: "watch", subject: "zdd" } as const;
  let tallies = new Map<string, Tallies>();
  const all = () => [...tallies.values()].map(({ before }) => before);
  const requests = () => all().map(({ requests }) => requests);
  const isEnough = () =>
    tallies.size > 0 && all().every((before) =>
      before.requests >= ENOUGH &&
      (limits.slower === undefined || timed(before) >= ENOUGH_TIMES)
    );
  const longest = () =>
    Math.min(
      time,
      requests().some((count) => count > 0) ? LONGEST : LONGEST_WITHOUT,
    );
  const counting = "counting what the release before answers";
  report({ ...event, message: counting, level: "begin" });
  while (took() < longest() && !isEnough()) {
    await sleep(LOOK, signal);
    tallies = counter.count(pairs, tallies);
  }
  const sum = requests().reduce((sum, count) => sum + count, 0);
  const message = `${sum} requests answered by the release before`;
  report({ ...event, message, ms: took() });
  return tallies;
}
