import { ZddError } from "../error.ts";

// The one door through which zdd prints. Whoever reads may hang up: that is no
// reason to stop half-way through a deploy.

/** Prints to stdout: results. */
export function printResult(text: string): void {
  write(Deno.stdout, text);
}

/** Prints to stderr: progress and failures. */
export function printMessage(text: string): void {
  write(Deno.stderr, text);
}

/** Prints one JSON document to stdout. */
export function printJson(value: unknown): void {
  printResult(JSON.stringify(value, undefined, 2));
}

function write(to: typeof Deno.stdout, text: string): void {
  const bytes = new TextEncoder().encode(text + "\n");
  try {
    for (let done = 0; done < bytes.length;) {
      done += to.writeSync(bytes.subarray(done));
    }
  } catch { /* closed (EPIPE) or full */ }
}

/** A failure for people: what happened, the words of others, where they stand, what to do. */
export function formatFailure(error: unknown, verbose: boolean): string {
  const lines: string[] = [];
  if (error instanceof ZddError) {
    lines.push(`zddeploy: ${error.message}`);
    lines.push(...error.quote.map((line) => `  | ${line}`));
    if (error.source !== undefined) lines.push(`  (${error.source})`);
    if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  } else {
    const message = error instanceof Error ? error.message : String(error);
    lines.push(`zddeploy: ${message}`);
    if (!verbose) {
      lines.push("hint: this shouldn't happen; --verbose shows where it did");
    }
  }
  if (verbose && error instanceof Error && error.stack !== undefined) {
    lines.push(error.stack);
  }
  return lines.join("\n");
}

/** A failure for programs. */
export function failureJson(error: unknown, exitStatus: number): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const { hint, quote, source } = error instanceof ZddError
    ? error
    : { hint: undefined, quote: [], source: undefined };
  return { error: { message, hint, quote, source }, exitStatus };
}
