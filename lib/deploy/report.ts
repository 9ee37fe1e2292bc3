import type { ServiceFigures } from "../watch/figures.ts";

/** The steps of a deploy, in their order. */
export type Step =
  | "read"
  | "lock"
  | "recover"
  | "start"
  | "check"
  | "render"
  | "hold"
  | "switch"
  | "verify"
  | "watch"
  | "drain"
  | "stop"
  | "commit"
  | "undo"
  | "run"
  | "hook";

/** Something that happened, for whoever watches. */
export interface Event {
  step: Step;
  /** The service it is about, or `nginx`. */
  subject: string;
  /** What happened, without the subject: `started 4711 on 127.0.0.1:45643`. */
  message: string;
  /** How long it took. */
  ms?: number;
  /**
   * `detail` is for those who asked for it; `warning` for everybody. `begin` is for a
   * live display: what takes a while has begun, until another event of the same step
   * and subject, if it is a detail one with `ms`, says what came of it.
   */
  level?: "warning" | "detail" | "begin";
  /** The figures of a watch, as they are now. */
  figures?: readonly ServiceFigures[];
}

/** Hears of every event; the deploy knows nothing of terminals. */
export type Report = (event: Event) => void;

/** ` on 127.0.0.1:45643`; nothing for a worker. */
export function onAddress(address?: string): string {
  return address === undefined ? "" : ` on ${address}`;
}

/** A report that keeps the warnings, as lines. */
export function collectWarnings(
  report: Report,
): { report: Report; warnings: string[] } {
  const warnings: string[] = [];
  return {
    warnings,
    report: (event) => {
      if (event.level === "warning") {
        warnings.push(`${event.subject}: ${event.message}`);
      }
      report(event);
    },
  };
}

/** Times something: `const took = stopwatch(); …; took()` is ms. */
export function stopwatch(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}
