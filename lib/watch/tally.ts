import type { Answer, Failure } from "./answer.ts";

/** The counted answers of one release. Immutable. */
export interface Tally {
  readonly requests: number;
  /** How many failed, by kind of failure. */
  readonly failures: Readonly<Record<Failure, number>>;
  /** How many answers took how many ms, rounded by `rounded`. */
  readonly times: ReadonlyMap<number, number>;
}

export const EMPTY_TALLY: Tally = {
  requests: 0,
  failures: { "5xx": 0, gateway: 0, cut: 0 },
  times: new Map(),
};

/** At most this many times count per look: times at one moment are alike and prove little. */
const TIMES_A_LOOK = 20;

/**
 * A tally with the answers since the last look added.
 *
 * @param timed whether times count, too: a release that isn't warm yet is slow at first
 */
export function withAnswers(
  tally: Tally,
  answers: readonly Answer[],
  timed = true,
): Tally {
  const failures = { ...tally.failures };
  const times = new Map(tally.times);
  for (const { failure } of answers) {
    if (failure !== undefined) failures[failure]++;
  }
  const all = timed ? answers.flatMap(({ ms }) => ms ?? []) : [];
  for (const ms of spread(all, TIMES_A_LOOK)) {
    const time = rounded(ms);
    times.set(time, (times.get(time) ?? 0) + 1);
  }
  return { requests: tally.requests + answers.length, failures, times };
}

/** How many requests failed. */
export function failed({ failures }: Tally): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0);
}

/** How many answers have a time. */
export function timed({ times }: Tally): number {
  return countAbove(times, -1);
}

/** How many answers took longer. */
export function slowerThan({ times }: Tally, ms: number): number {
  return countAbove(times, ms);
}

/** The time in ms that a share of the answers took at most; undefined if none has a time. */
export function quantile(tally: Tally, share: number): number | undefined {
  const all = timed(tally);
  let count = 0;
  for (const [ms, times] of inOrder(tally)) {
    count += times;
    if (count >= share * all) return ms;
  }
  return undefined;
}

/** The times that occur, and how often, shortest first. */
export function inOrder({ times }: Pick<Tally, "times">): [number, number][] {
  return [...times].toSorted(([a], [b]) => a - b);
}

function countAbove(times: Tally["times"], ms: number): number {
  let count = 0;
  for (const [time, often] of times) if (time > ms) count += often;
  return count;
}

/** At most `most` items, spread evenly over a list. */
function spread<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return items.filter((_, i) =>
    Math.floor((i + 1) / step) > Math.floor(i / step)
  );
}

/** A time rounded to two digits, so that there are few different ones. */
function rounded(ms: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(ms, 1))) - 1);
  return Math.round(ms / unit) * unit;
}
