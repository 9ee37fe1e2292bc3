import { spellControls } from "../text/controls.ts";
import { OWN_ESCAPES } from "./terminal.ts";

// The one door through which zdd prints. Nothing that others have written, be it a log, an
// address or a release, does more to a terminal than to be read there: control characters
// are spelled out, but for what zdd itself draws with. Whoever reads may hang up: that is
// no reason to stop half-way through a deploy.

type Stream = "stdout" | "stderr";

/** Prints to stdout: results. Returns whether anybody may still read them. */
export function printResult(text: string): boolean {
  return draw("stdout", text + "\n");
}

/** Prints to stderr: progress and failures. */
export function printMessage(text: string): void {
  draw("stderr", text + "\n");
}

/** Prints one JSON document to stdout. */
export function printJson(value: unknown): void {
  printResult(toJson(value, 2));
}

/** A value as JSON in which control characters are spelled as JSON does it. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    // JSON.stringify() lets these pass: DEL, C1 and what turns the direction.
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) =>
      "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/** Prints a text with nothing after it. Returns whether anybody may still read it. */
export function draw(to: Stream, text: string): boolean {
  return write(Deno[to], printable(text));
}

/**
 * Prints a file's text to stdout: byte by byte, if that is for a program; what it would
 * do to a terminal is spelled out.
 */
export function printFile(text: string): boolean {
  return Deno.stdout.isTerminal()
    ? draw("stdout", text)
    : write(Deno.stdout, text);
}

/** A text with its control characters spelled out, but for what zdd draws with. */
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
