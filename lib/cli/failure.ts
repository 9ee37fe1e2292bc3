import { WentBack } from "../deploy/watch/went_back.ts";
import type { Status } from "../deploy/look/status.ts";
import { ExitStatus, messageOf, ZddError } from "../error.ts";
import { PLAIN, type Style } from "./style.ts";

/** A failure of a command that changes which instances serve, with the status after it. */
export class FailedChange extends Error {
  override name = "FailedChange";

  constructor(readonly failure: unknown, readonly status: Status) {
    super(messageOf(failure), { cause: failure });
  }
}

export interface FailureFormat {
  /** Include the stack. */
  verbose: boolean;
  style?: Style;
}

// These make a failure fit a screen of 24 rows and 80 columns; the log has the rest.
const COLUMNS = 80;
const ROWS_QUOTED = 12;
const LONGEST_QUOTED = [3 * COLUMNS, 2 * COLUMNS, COLUMNS] as const;
const MOST_SERVING = 4;

/**
 * A failure for people: what happened, quoted lines and their source, what serves now, and
 * what to do next.
 */
export function formatFailure(
  thrown: unknown,
  { verbose, style = PLAIN }: FailureFormat,
): string {
  const { error, status } = unwrap(thrown);
  const lines = [`${style.red("zddeploy:")} ${messageOf(error)}`];
  if (error instanceof ZddError) {
    lines.push(...quoted(error.quote).map((line) => style.dim(`  | ${line}`)));
    if (error.source !== undefined) lines.push(`  (${error.source})`);
  }
  if (status !== undefined) lines.push(...servingLines(status));
  const hint = hintOf(error, verbose) ??
    (status && "fix that, then run zddeploy again");
  if (hint !== undefined) lines.push(`${style.bold("hint:")} ${hint}`);
  if (verbose && error instanceof Error && error.stack !== undefined) {
    lines.push(error.stack);
  }
  return lines.join("\n");
}

/** A failure for programs. */
export function failureJson(thrown: unknown): unknown {
  const { error, status } = unwrap(thrown);
  const { hint, quote, source } = error instanceof ZddError
    ? error
    : { hint: undefined, quote: [], source: undefined };
  return {
    error: { message: messageOf(error), hint, quote, source },
    serving: status?.services.flatMap(serving),
    watch: error instanceof WentBack ? error.watch : undefined,
    exitStatus: exitStatusOf(error),
  };
}

/** The exit status that a failure ends zddeploy with. */
export function exitStatusOf(thrown: unknown): number {
  const { error } = unwrap(thrown);
  return error instanceof ZddError ? error.exitStatus : ExitStatus.failed;
}

function unwrap(thrown: unknown): { error: unknown; status?: Status } {
  return thrown instanceof FailedChange
    ? { error: thrown.failure, status: thrown.status }
    : { error: thrown };
}

/** `now: web: 4711 serves on 127.0.0.1:20001, release 41`. */
function servingLines({ services, nginx }: Status): string[] {
  const lines = services.flatMap((service) => {
    const found = serving(service).map(({ pid, address, release }) =>
      `${service.name}: ${pid} ` +
      (address === undefined ? "runs" : `serves on ${address}`) +
      (release === undefined ? "" : `, release ${release}`)
    );
    return found.length > 0 ? found : `${service.name}: nothing serves`;
  });
  if (!nginx.running) lines.push("nginx isn't running");
  const shown = lines.slice(0, MOST_SERVING);
  if (shown.length < lines.length) {
    shown.push("… zddeploy status shows the others");
  }
  return shown.map((line) => `now: ${line}`);
}

function serving({ name, instances }: Status["services"][number]) {
  return instances.filter(({ state }) => state === "serving")
    .map(({ pid, address, release }) => ({
      service: name,
      pid,
      address,
      release,
    }));
}

/**
 * As many of the last lines as there is room for: they show why a server ended. Long lines
 * are cut if that makes room for all.
 */
function quoted(lines: string[]): string[] {
  const shown: string[] = [];
  const most =
    LONGEST_QUOTED.find((most) =>
      rowsOf(lines.map((line) => cut(line, most))) <= ROWS_QUOTED
    ) ?? LONGEST_QUOTED[0];
  let rows = 0;
  for (const line of lines.toReversed()) {
    const short = cut(line, most);
    rows += rowsOf([short]);
    if (rows > ROWS_QUOTED) break;
    shown.unshift(short);
  }
  const left = lines.length - shown.length;
  if (left > 0) shown.unshift(`… ${left} more lines above`);
  return shown;
}

/** Cuts a line to a number of columns, including its prefix. */
function cut(line: string, columns: number): string {
  return line.length > columns - 5 ? line.slice(0, columns - 5) + "…" : line;
}

function rowsOf(lines: string[]): number {
  return lines.map((line) => Math.ceil((line.length + 4) / COLUMNS))
    .reduce((sum, rows) => sum + rows, 0);
}

function hintOf(error: unknown, verbose: boolean): string | undefined {
  if (error instanceof ZddError) return error.hint;
  return verbose
    ? undefined
    : "this is a bug in zddeploy; --verbose shows where it happened";
}
