import { formatDuration } from "../config/duration.ts";
import type { Event, Report } from "../deploy/report.ts";
import { printMessage } from "./output.ts";

export interface ProgressOptions {
  /** Details too. */
  verbose: boolean;
  /** Warnings only. */
  quiet: boolean;
}

/** A reporter that prints one line an event to stderr. */
export function lineProgress({ verbose, quiet }: ProgressOptions): Report {
  return (event) => {
    if (event.level === "detail" && !verbose) return;
    if (event.level !== "warning" && quiet) return;
    printMessage(formatEvent(event));
  };
}

/** `gunicorn: started 4711 on 127.0.0.1:45643 (310 ms)`. */
export function formatEvent({ subject, message, ms, level }: Event): string {
  const time = ms === undefined ? "" : ` (${formatDuration(ms)})`;
  const warning = level === "warning" ? "warning: " : "";
  return `${subject}: ${warning}${message}${time}`;
}
