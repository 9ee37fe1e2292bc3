import type { ServiceFigures } from "../watch/figures.ts";

/** The steps of a deploy, in order, and other events. */
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

/** Something that happened, to be shown to the user. */
export interface Event {
  step: Step;
  /** The service it is about, or `nginx`. */
  subject: string;
  /** What happened, without the subject: `started 4711 on 127.0.0.1:45643`. */
  message: string;
  /** How long it took, in ms. */
  ms?: number;
  /**
   * `detail` is only shown with `--verbose`, `warning` always. `begin` is for a live display:
   * something has begun, which ends with the next event of the same step and subject (if that
   * is a detail, only one with `ms`).
   */
  level?: "warning" | "detail" | "begin";
  /** The present figures of a watch. */
  figures?: readonly ServiceFigures[];
}

/** Receives every event; the deploy doesn't depend on the display. */
export type Report = (event: Event) => void;

/** ` on 127.0.0.1:45643`; nothing for a worker. */
export function onAddress(address?: string): string {
  return address === undefined ? "" : ` on ${address}`;
}

/** A report that also collects the warnings, as lines. */
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
