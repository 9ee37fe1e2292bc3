import { escapeControls } from "../text/escape.ts";
import { hold } from "./held.ts";
import { readEnd } from "./safe_open.ts";

const TAIL_BYTES = 8192;

/**
 * The last lines of a log, at most `lines`, of what was written behind `from`
 * (bytes); empty if there is none or it can't be read. Colors are left out, and other
 * control characters are spelled out.
 */
export function readTail(file: string, from = 0, lines = 10): string[] {
  try {
    const text = readEnd(file, from, TAIL_BYTES).trimEnd();
    return text === ""
      ? []
      : text.split("\n").slice(-lines).map(escapeControls);
  } catch {
    return [];
  }
}

/** The size of a file in bytes; 0 if there is none, or another user's link leads there. */
export function sizeOf(file: string): number {
  try {
    using held = hold(file, { follow: true });
    return held.stat().size;
  } catch {
    return 0;
  }
}
