import { escapeControls } from "../text/escape.ts";
import { openToRead } from "./safe_open.ts";

/** How much is read at once, in bytes. */
const CHUNK = 64 * 1024;
/** How far back to look for lines, in bytes. */
const MOST = 64 * 2 ** 20;
const NEWLINE = "\n".charCodeAt(0);

/**
 * A log that its writer may replace with something else, such as a link or a FIFO. It is
 * only read while it is a regular file and not reached through another user's link. Control
 * characters, which could affect the terminal, are escaped.
 */
export class LogFile {
  /** Which file was read last, and up to which byte. */
  #inode?: number | null;
  #end = 0;

  constructor(readonly path: string) {}

  /**
   * The last lines. {@linkcode added} continues after them.
   *
   * @throws {Error} with the reason, if it can't be read.
   */
  last(lines: number): string[] {
    using file = openToRead(this.path);
    const { size, ino } = file.statSync();
    let bytes: Uint8Array;
    let length = CHUNK / 2;
    do {
      length *= 2;
      bytes = readAt(file, Math.max(0, size - length), Math.min(size, length));
    } while (length < Math.min(size, MOST) && count(bytes) <= lines);
    this.#inode = ino;
    this.#end = size;
    return lines === 0 ? [] : linesIn(bytes).slice(-lines);
  }

  /**
   * The complete lines added since; from the beginning if the log was replaced or
   * truncated. Empty if there is nothing to read.
   */
  added(): string[] {
    try {
      using file = openToRead(this.path);
      const { size, ino } = file.statSync();
      if (ino !== this.#inode || size < this.#end) this.#end = 0;
      this.#inode = ino;
      const bytes = readAt(file, this.#end, Math.min(CHUNK, size - this.#end));
      const isFull = bytes.length === CHUNK;
      const whole = bytes.lastIndexOf(NEWLINE) + 1;
      const end = whole === 0 && isFull ? bytes.length : whole;
      this.#end += end;
      return linesIn(bytes.subarray(0, end));
    } catch {
      return []; // it may come back
    }
  }
}

function count(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => byte === NEWLINE ? sum + 1 : sum, 0);
}

function linesIn(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes).replace(/\n$/, "");
  return bytes.length === 0 ? [] : text.split("\n").map(escapeControls);
}

function readAt(file: Deno.FsFile, at: number, length: number): Uint8Array {
  file.seekSync(at, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const read = file.readSync(bytes.subarray(done));
    if (read === null) break;
    done += read;
  }
  return bytes.subarray(0, done);
}
