import { formatDuration } from "../text/duration.ts";
import { figureLines } from "./figures_table.ts";
import { spellControls } from "../text/controls.ts";
import type { Event } from "../deploy/report.ts";
import { PLAIN, type Style, widthOf } from "./style.ts";
import { ESCAPE } from "./terminal.ts";

// The text of the live display. The lines of past events stay; below them, the lines of
// what is going on are redrawn in place.

/** Something that is going on. */
export interface Running {
  step: Event["step"];
  subject: string;
  message: string;
  /** When it began, in ms of any clock. */
  since: number;
  /** The figures of a watch. */
  figures?: Event["figures"];
}

/** The characters of the display. */
export interface Symbols {
  spinner: readonly string[];
  done: string;
  warning: string;
  more: string;
}

export const UNICODE: Symbols = {
  spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
  done: "✓",
  warning: "!",
  more: "…",
};

/** For terminals that show only ASCII. */
export const ASCII: Symbols = {
  spinner: ["|", "/", "-", "\\"],
  done: "*",
  warning: "!",
  more: "...",
};

/** How long one picture of the spinner is shown, in ms. */
export const FRAME = 100;

/**
 * In columns. Short enough that lines don't wrap when a terminal is made smaller, down to
 * this width: terminals differ in where they put wrapped lines.
 */
const LONGEST_LINE = 60;

export interface Screen {
  columns: number;
  rows: number;
  symbols: Symbols;
  style?: Style;
}

/** Updates what is going on after an event. */
export function afterEvent(
  running: readonly Running[],
  { step, subject, message, ms, level, figures }: Event,
  now: number,
): Running[] {
  const at = running.findIndex((one) =>
    one.step === step && one.subject === subject
  );
  const known = running[at];
  if (figures !== undefined && known !== undefined) {
    return running.with(at, { ...known, message, figures });
  }
  if (level === "begin") {
    return [...running, { step, subject, message, since: now }];
  }
  // A detail without a time doesn't end anything.
  if (level === "detail" && ms === undefined) return [...running];
  return running.filter((_, i) => i !== at);
}

/**
 * The lines of what is going on, each at most one row of the screen.
 *
 * @param since when the command began, in ms
 */
export function frame(
  running: readonly Running[],
  since: number,
  now: number,
  { columns, rows, symbols, style = PLAIN }: Screen,
): string[] {
  const { spinner, more } = symbols;
  const width = Math.max(1, Math.min(columns - 1, LONGEST_LINE));
  const picture = spinner[Math.floor((now - since) / FRAME) % spinner.length] ??
    "";
  const line = (text: string, began: number) => {
    const time = `${((now - began) / 1000).toFixed(1)} s`;
    const room = width - picture.length - time.length - 2;
    if (room < 4) return style.green(picture.slice(0, width));
    return `${style.green(picture)} ${shorten(inLine(text), room, more)} ` +
      style.dim(time);
  };
  // The other half is for past events.
  const most = Math.max(1, Math.floor(rows / 2));
  const shown = running.slice(0, most)
    .map(({ subject, message, since }) =>
      line(`${subject}: ${message}`, since)
    );
  const left = running.length - shown.length;
  const figures = running.flatMap(({ figures }) => figures ?? []);
  if (figures.length > 0) {
    shown.push(...figureLines(figures, width, style).slice(0, most));
  }
  if (left > 0) shown.push(shorten(`${more} and ${left} more`, width, more));
  return shown.length === 0 ? [line("working", since)] : shown;
}

/** Escape sequences that remove some lines above the cursor, and move it to where they began. */
export function erase(lines: readonly string[], columns: number): string {
  // Lines that no longer fit in a row take several.
  const rows = lines.reduce(
    (sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)),
    0,
  );
  return rows === 0 ? "" : `${ESCAPE}[${rows}F${ESCAPE}[J`;
}

/** `gunicorn: started 4711 on 127.0.0.1:45643 (310 ms)`. */
export function formatEvent(
  { subject, message, ms, level }: Event,
  style: Style = PLAIN,
): string {
  const time = ms === undefined ? "" : style.dim(` (${formatDuration(ms)})`);
  const warning = level === "warning" ? style.yellow("warning: ") : "";
  const text = `${style.bold(`${subject}:`)} ${warning}${message}${time}`;
  return level === "detail" ? style.dim(text) : text;
}

/** The mark in front of a past event. */
export function mark(
  { level, step, ms }: Event,
  { done, warning }: Symbols,
  style: Style = PLAIN,
): string {
  if (level === "warning") return style.yellow(warning);
  const isOutput = level === "detail" || step === "hook" && ms === undefined;
  return isOutput ? " " : style.green(done);
}

function shorten(text: string, width: number, more: string): string {
  if (text.length <= width) return text;
  return text.slice(0, Math.max(0, width - more.length)) + more;
}

/** A text on one line, of as many columns as characters. */
function inLine(text: string): string {
  return spellControls(text).replace(/\s/g, " ");
}
