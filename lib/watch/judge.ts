import { evidence, evidenceOfMore } from "./evidence.ts";
import { failed, inOrder, slowerThan, type Tally, timed } from "./tally.ts";

/** How much worse a release may be than the one before it. */
export interface Limits {
  /** How many more of its answers may be failures, as a share of all: 0.01. */
  errors: number;
  /** How many times as long its answers may take; undefined: they aren't judged by that. */
  slower?: number;
}

export interface Judgement {
  /** What shows that it is worse; undefined: nothing does. */
  worse?: "errors" | "p50" | "p95";
  /** Whether there were enough requests to see so. */
  enough: boolean;
}

/** The chance that a release which is not worse is ever sent back, of all that is judged in a deploy. */
export const RISK = 0.01;

/** Fewer requests are no ground for going back. */
const FEWEST_REQUESTS = 10;
const FEWEST_TIMES = 200;

/** What is at most assumed of a release before that wasn't seen to fail: most have too few requests to rule more out. */
const ASSUMED = 0.1;

/** Less is no difference, for nginx measures in ms and busy machines stutter. In ms. */
const LEAST_DIFFERENCE = 5;

/** What part of the risk each test has. */
const ERRORS_RISK = 1 / 2;
const TIMES_RISK = 1 / 4;

/**
 * Compares what was answered for a release with what was answered for the one before it.
 * It is worse if that can't be chance: if more of its answers failed than the other's true
 * share and the limit explain, or if more took longer than the limit times the other's
 * median (half of them may) or 95th percentile (a twentieth may), which are taken to be as
 * high as what is known of it allows.
 *
 * @param risk the chance that it is ever said of one that isn't worse, however often it is
 * asked while the tallies grow
 */
export function judge(
  now: Tally,
  before: Tally,
  limits: Limits,
  risk = RISK,
): Judgement {
  const hasEnough = now.requests >= FEWEST_REQUESTS;
  if (hasEnough && hasMoreErrors(now, before, limits.errors, risk)) {
    return { worse: "errors", enough: hasEnough };
  }
  const { slower } = limits;
  if (slower !== undefined && timed(now) >= FEWEST_TIMES) {
    if (isSlower(now, before, 0.5, slower, risk)) {
      return { worse: "p50", enough: hasEnough };
    }
    if (isSlower(now, before, 0.95, slower, risk)) {
      return { worse: "p95", enough: hasEnough };
    }
  }
  return { enough: hasEnough };
}

function hasMoreErrors(
  now: Tally,
  before: Tally,
  limit: number,
  risk: number,
): boolean {
  const errors = failed(before);
  const most = errors === 0 ? ASSUMED : 1;
  const own = { hits: failed(now), trials: now.requests };
  const other = { hits: errors, trials: before.requests };
  return evidenceOfMore(own, other, limit, most) >=
    enough(risk * ERRORS_RISK);
}

function isSlower(
  now: Tally,
  before: Tally,
  share: number,
  factor: number,
  risk: number,
): boolean {
  const needed = enough(risk * TIMES_RISK / 2); // for each of the two
  const usual = highestQuantile(before, share, needed);
  if (usual === undefined) return false;
  const limit = Math.max(usual * factor, usual + LEAST_DIFFERENCE);
  const slow = { hits: slowerThan(now, limit), trials: timed(now) };
  return slow.hits > (1 - share) * slow.trials &&
    evidence(slow, 1 - share) >= needed;
}

/** The evidence that leaves this risk. */
function enough(risk: number): number {
  return Math.log(1 / risk);
}

/** The highest that a quantile may really be, in ms; undefined if too little is known. */
function highestQuantile(
  tally: Tally,
  share: number,
  needed: number,
): number | undefined {
  const all = timed(tally);
  let above = all;
  for (const [ms, count] of inOrder(tally)) {
    above -= count;
    const isBelow = above < (1 - share) * all;
    const counted = { hits: above, trials: all };
    if (isBelow && evidence(counted, 1 - share) >= needed) return ms;
  }
  return undefined;
}
