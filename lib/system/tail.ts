import { escapeControls } from "../text/escape.ts";
import { hold } from "./held.ts";
import { readEnd } from "./safe_open.ts";

/** How much of the end of a log is read for some lines, in bytes. */
const TAIL_BYTES = 8192;
/** How much of it is read for all lines, in bytes. */
const MOST_BYTES = 256 * 1024;

/**
 * The last lines of a log, at most `lines`, of what was written after `from` (bytes). Empty
 * if there are none or it can't be read. Colors are removed, and other control characters
 * are escaped.
 */
export function readTail(file: string, from = 0, lines = 10): string[] {
  try {
    const bytes = lines === Infinity ? MOST_BYTES : TAIL_BYTES;
    const text = readEnd(file, from, bytes).trimEnd();
    return text === ""
      ? []
      : text.split("\n").slice(-lines).map(escapeControls);
  } catch {
    return [];
  }
}

/** The size of a file in bytes; 0 if it doesn't exist, or another user's link leads there. */
export function sizeOf(file: string): number {
  try {
    using held = hold(file, { follow: true });
    return held.stat().size;
  } catch {
    return 0;
  }
}
