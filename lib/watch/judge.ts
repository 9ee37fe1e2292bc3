import { evidence, evidenceOfMore } from "./evidence.ts";
import { failed, inOrder, slowerThan, type Tally, timed } from "./tally.ts";

/** How much worse a release may be than the one before it. */
export interface Limits {
  /** How many more of its answers may fail, as a share of all: 0.01. */
  errors: number;
  /** How many times as long its answers may take; undefined if times aren't judged. */
  slower?: number;
}

export interface Judgement {
  /** What shows that it is worse; undefined if nothing does. */
  worse?: "errors" | "p50" | "p95";
  /** Whether there were enough requests to judge. */
  enough: boolean;
}

/**
 * The chance that a release which isn't worse is rolled back, over all judgements in a
 * deploy.
 */
export const RISK = 0.01;

/** Fewer requests are no reason to roll back. */
const FEWEST_REQUESTS = 10;
const FEWEST_TIMES = 200;

/**
 * The highest share of failures assumed for an earlier release without any: most have too
 * few requests to rule out more.
 */
const ASSUMED = 0.1;

/**
 * The smallest difference that counts, in ms: nginx measures in ms, and busy machines
 * stutter.
 */
const LEAST_DIFFERENCE = 5;

/** The part of the risk for each test. */
const ERRORS_RISK = 1 / 2;
const TIMES_RISK = 1 / 4;

/**
 * Compares the answers of a release with those of the one before it. It is worse if chance
 * can't explain the difference: more of its answers failed than the other's true share and
 * the limit explain, or more took longer than the limit times the other's median (half of
 * them may) or 95th percentile (a twentieth may). Median and percentile are assumed to be
 * as high as the known answers allow.
 *
 * @param risk the chance of ever calling a release worse that isn't, however often this is
 * called while the tallies grow
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

/** The evidence needed for a risk. */
function enough(risk: number): number {
  return Math.log(1 / risk);
}

/**
 * The highest value that a quantile may truly have, in ms; undefined if too little is
 * known.
 */
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
