import { formatDuration } from "../text/duration.ts";
import type { Failure } from "./answer.ts";
import type { Judgement } from "./judge.ts";
import { failed, quantile, type Tally } from "./tally.ts";

/** The figures of a release's answers, as `--json` prints them. */
export interface Figures {
  /** The name given with `--release`. */
  release?: string;
  pids: readonly number[];
  requests: number;
  perSecond: number;
  /** How many requests failed, and as a share from 0 to 1. */
  failed: number;
  failedShare: number;
  failures: Readonly<Record<Failure, number>>;
  /** The time until answers began, in ms. */
  p50?: number;
  p95?: number;
}

/** A comparison of a service's two releases. */
export interface ServiceFigures extends Judgement {
  service: string;
  now: Figures;
  before: Figures;
}

/** A release's name and processes. */
export interface Release {
  release?: string;
  pids: readonly number[];
}

/** @param seconds how long requests were counted */
export function figuresOf(
  { release, pids }: Release,
  tally: Tally,
  seconds: number,
): Figures {
  const { requests, failures } = tally;
  return {
    release,
    pids,
    requests,
    perSecond: seconds > 0 ? Number((requests / seconds).toPrecision(3)) : 0,
    failed: failed(tally),
    failedShare: requests === 0 ? 0 : failed(tally) / requests,
    failures,
    p50: quantile(tally, 0.5),
    p95: quantile(tally, 0.95),
  };
}

/** `4.63 %`. */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** `v42`, or the pids if it has no name. */
export function nameOf({ release, pids }: Release): string {
  return release ?? (pids.join(", ") || "nobody");
}

/** `v42: 4.63 % of 512 requests failed, p50 13 ms, p95 85 ms; v41: …`. */
export function describe({ now, before }: ServiceFigures): string {
  return [now, before].map((figures) => {
    const { requests, p95 } = figures;
    if (requests === 0) return `${nameOf(figures)}: no requests`;
    const times = p95 === undefined ? "" : `, ${describeTimes(figures)}`;
    return `${nameOf(figures)}: ${describeFailures(figures)} failed${times}`;
  }).join("; ");
}

/** `4.63 % of 512 requests`. */
export function describeFailures({ requests, failedShare }: Figures): string {
  return `${formatShare(failedShare)} of ${requests} request` +
    (requests === 1 ? "" : "s");
}

/** `p50 13 ms, p95 85 ms`. */
export function describeTimes({ p50 = 0, p95 = 0 }: Figures): string {
  return `p50 ${formatDuration(p50)}, p95 ${formatDuration(p95)}`;
}
