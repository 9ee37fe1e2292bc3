import type { Event, Report } from "../deploy/report.ts";
import type { GlobalOptions } from "./command.ts";
import { onTrace } from "../system/trace.ts";
import { formatEvent } from "./display.ts";
import { LiveProgress } from "./live_progress.ts";
import { printMessage } from "./output.ts";
import { styleOf } from "./style.ts";
import { isCapable } from "./terminal.ts";

/** Shows what happens while a command runs. */
export interface Progress {
  report: Report;
  /** Ends the display; what is printed next appears below it. */
  end(): void;
}

type Options = Pick<GlobalOptions, "verbose" | "quiet" | "color">;

/** Shows progress on stderr: a live display on a terminal, one line per event elsewhere. */
export function startProgress(options: Options): Progress {
  const progress = displayOf(options);
  onTrace((message) =>
    progress.report({ step: "run", subject: "zdd", message, level: "detail" })
  );
  return progress;
}

function displayOf(options: Options): Progress {
  const style = styleOf(Deno.stderr, options.color);
  const isLive = !options.quiet && Deno.stderr.isTerminal() &&
    isCapable(Deno.env.get("TERM"));
  if (isLive) {
    return new LiveProgress(style, (event) => isWanted(event, options));
  }
  return {
    report: (event) => {
      if (isWanted(event, options)) printMessage(formatEvent(event, style));
    },
    end: () => {},
  };
}

/** Whether the options let an event become a line. */
export function isWanted(
  { level }: Event,
  { verbose, quiet }: Pick<Options, "verbose" | "quiet">,
): boolean {
  if (level === "warning") return true;
  if (quiet || level === "begin") return false;
  return level !== "detail" || verbose;
}
