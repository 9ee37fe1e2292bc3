import type { FailureKind } from "../support/load_result.ts";
import { percentile } from "./statistics.ts";

/** The outcome of one request. */
export interface Outcome {
  /** When it began and ended, in ms since 1970. */
  began: number;
  ended: number;
  /** Whether the client reuses its connections. */
  keepsAlive: boolean;
  /** Whether the connection had already returned an answer. */
  reused: boolean;
  method: string;
  /** The release that sent the complete, correct answer; undefined after a failure. */
  release?: string;
  failure?: FailureKind;
}

/** The failed requests by kind. */
export interface Losses {
  requests: number;
  lost: number;
  /** On a connection that had already returned an answer. */
  reused: number;
  /** On a new connection. */
  fresh: number;
  get: number;
  post: number;
  kinds: Partial<Record<FailureKind, number>>;
}

/** Counts the failed requests. */
export function lossesOf(outcomes: readonly Outcome[]): Losses {
  const failed = outcomes.filter(({ failure }) => failure !== undefined);
  const count = (which: (outcome: Outcome) => boolean) =>
    failed.filter(which).length;
  const kinds: Losses["kinds"] = {};
  for (const { failure } of failed) {
    if (failure !== undefined) kinds[failure] = (kinds[failure] ?? 0) + 1;
  }
  return {
    requests: outcomes.length,
    lost: failed.length,
    reused: count(({ reused }) => reused),
    fresh: count(({ reused }) => !reused),
    get: count(({ method }) => method === "GET"),
    post: count(({ method }) => method === "POST"),
    kinds,
  };
}

/**
 * How often the answers changed from one release to another. Requests at the same time may
 * be answered in either order, which isn't a change. So an instant switch is one change. If
 * the old release answers a request that was begun after the new one had answered, that is
 * two more.
 */
export function countChanges(outcomes: readonly Outcome[]): number {
  const answers = outcomes.filter(({ release }) => release !== undefined)
    .toSorted((a, b) => a.ended - b.ended);
  /** When each release's last period ended. */
  const over = new Map<string, number>();
  let serving: string | undefined;
  let changes = 0;
  for (const { began, ended, release = "" } of answers) {
    if (release === serving || began <= (over.get(release) ?? -1)) continue;
    if (serving !== undefined) {
      over.set(serving, ended);
      changes++;
    }
    serving = release;
  }
  return changes;
}

/** What the clients saw in a short period. */
export interface Moment {
  /** When it begins, in ms after the start. */
  at: number;
  p50: number;
  p99: number;
  max: number;
  lost: number;
}

/** The latency over time, by when the requests ended, in ms. */
export function momentsOf(
  outcomes: readonly Outcome[],
  start: number,
  end: number,
  step = 100,
): Moment[] {
  const count = Math.floor((end - start) / step);
  const slots = Array.from({ length: count }, (): Outcome[] => []);
  for (const outcome of outcomes) {
    slots[Math.floor((outcome.ended - start) / step)]?.push(outcome);
  }
  return slots.map((slot, i) => {
    const answered = slot.filter(({ failure }) => failure === undefined)
      .map(({ began, ended }) => ended - began);
    return {
      at: i * step,
      p50: percentile(answered, 0.5),
      p99: percentile(answered, 0.99),
      max: percentile(answered, 1),
      lost: slot.length - answered.length,
    };
  });
}
