import type { ExchangeFailure } from "./exchange_error.ts";

/** Why a request failed. */
export type FailureKind =
  | ExchangeFailure
  /** A complete answer with a status other than 2xx. */
  | "status"
  /** A complete answer whose body isn't what was expected. */
  | "body";

/** A request that failed. */
export interface Failure {
  kind: FailureKind;
  detail: string;
  method: string;
  /** Whether its connection had already returned an answer. */
  reused: boolean;
  /** When it failed, in ms since the load began. */
  at: number;
}

/** A text of good answers, and when they had it. */
export interface AnswerText {
  text: string;
  /** When it was first seen, in ms since the load began. */
  first: number;
  /** When it was last seen, in ms since the load began. */
  last: number;
  count: number;
}

/** The results of all requests. */
export interface LoadResult {
  /** How many requests were made. Each is either ok or failed. */
  requests: number;
  ok: number;
  failed: number;
  /** The first 100 failures. */
  failures: Failure[];
  /** How many failures there were of each kind; no entry for none. */
  kinds: Partial<Record<FailureKind, number>>;
  /** How many of the failures hit a reused connection. */
  failedReused: number;
  /** How many complete answers there were by status. */
  status: Record<number, number>;
  /** The distinct texts, at most 1000, in the order they were first seen. */
  answers: AnswerText[];
  /** How often a good answer had a different text than the one completed before it. */
  changes: number;
  /** From the first attempt to connect to the last byte, good answers only, in ms. */
  latency: { p50: number; p99: number; max: number };
  /** How many connections were opened. */
  connections: number;
  /** How many of them the server closed while they were idle. This isn't a failure. */
  closedIdle: number;
  /** How long the load lasted, in ms. */
  duration: number;
}

const mostFailures = 100;
const mostAnswers = 1000;
const longestText = 200;

/** Counts the results of requests while the load runs. */
export class Tally {
  connections = 0;
  closedIdle = 0;

  readonly #began = performance.now();
  readonly #failures: Failure[] = [];
  readonly #kinds: Partial<Record<FailureKind, number>> = {};
  readonly #status: Record<number, number> = {};
  readonly #answers = new Map<string, AnswerText>();
  readonly #latencies: number[] = [];
  #failed = 0;
  #failedReused = 0;
  #changes = 0;
  #lastText: string | undefined;

  /** Notes a request that failed now. */
  fail(failure: Omit<Failure, "at">): void {
    const { kind, reused } = failure;
    this.#failed++;
    if (reused) this.#failedReused++;
    this.#kinds[kind] = (this.#kinds[kind] ?? 0) + 1;
    if (this.#failures.length < mostFailures) {
      this.#failures.push({ ...failure, at: this.#elapsed() });
    }
  }

  /** Notes the status of a complete answer, good or not. */
  status(status: number): void {
    this.#status[status] = (this.#status[status] ?? 0) + 1;
  }

  /** Notes a good answer that has just arrived and took `latency` ms. */
  answer(fullText: string, latency: number): void {
    const text = fullText.slice(0, longestText);
    const now = this.#elapsed();
    this.#latencies.push(latency);
    if (this.#lastText !== undefined && this.#lastText !== text) {
      this.#changes++;
    }
    this.#lastText = text;
    const known = this.#answers.get(text);
    if (known !== undefined) {
      known.last = now;
      known.count++;
    } else if (this.#answers.size < mostAnswers) {
      this.#answers.set(text, { text, first: now, last: now, count: 1 });
    }
  }

  /** The figures so far. */
  result(): LoadResult {
    const latencies = Float64Array.from(this.#latencies).sort();
    const ok = latencies.length;
    /** The lowest latency that this part of all answers didn't exceed. */
    const quantile = (part: number) =>
      rounded(latencies[Math.max(0, Math.ceil(part * ok) - 1)] ?? 0);
    return {
      requests: ok + this.#failed,
      ok,
      failed: this.#failed,
      failures: this.#failures,
      kinds: this.#kinds,
      failedReused: this.#failedReused,
      status: this.#status,
      answers: [...this.#answers.values()],
      changes: this.#changes,
      latency: { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) },
      connections: this.connections,
      closedIdle: this.closedIdle,
      duration: this.#elapsed(),
    };
  }

  #elapsed(): number {
    return rounded(performance.now() - this.#began);
  }
}

/** Rounded to microseconds, the precision of the clock. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
