import { spellControls } from "../text/controls.ts";
import { OWN_ESCAPES } from "./terminal.ts";

// All output of zdd goes through this file. Foreign text such as a log, an address or the
// name of a release can't control the terminal: control characters are spelled out, except
// for the escape sequences of zdd itself. If the reader goes away, writing fails silently:
// that is no reason to stop in the middle of a deploy.

type Stream = "stdout" | "stderr";

/** Prints a result to stdout. Returns false if nobody reads it any more. */
export function printResult(text: string): boolean {
  return draw("stdout", text + "\n");
}

/** Prints progress or a failure to stderr. */
export function printMessage(text: string): void {
  draw("stderr", text + "\n");
}

/** Prints one JSON document to stdout. */
export function printJson(value: unknown): void {
  printResult(toJson(value, 2));
}

/** A value as JSON, with all control characters escaped. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    // JSON.stringify() doesn't escape DEL, C1 and what changes the direction of the text.
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) =>
      "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/** Prints a text without a newline after it. Returns false if nobody reads it any more. */
export function draw(to: Stream, text: string): boolean {
  return write(Deno[to], printable(text));
}

/**
 * Prints the text of a file to stdout: unchanged for a program; on a terminal, with control
 * characters spelled out. Returns false if nobody reads it any more.
 */
export function printFile(text: string): boolean {
  return Deno.stdout.isTerminal()
    ? draw("stdout", text)
    : write(Deno.stdout, text);
}

/** A text with its control characters spelled out, except for zdd's own escape sequences. */
export function printable(text: string): string {
  return spellControls(text).replace(OWN_ESCAPES, "\u001b");
}

function write(to: typeof Deno.stdout, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let done = 0; done < bytes.length;) {
      done += to.writeSync(bytes.subarray(done));
    }
    return true;
  } catch {
    return false; // closed (EPIPE) or full
  }
}
