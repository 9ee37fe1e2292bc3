import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  type Stats,
} from "node:fs";

/** Neither waits for the other end of a FIFO nor follows a link at the path's end (open(2)). */
const SAFE = constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * Reads a file that somebody else writes and that should be one short line.
 * Returns undefined if it doesn't exist.
 *
 * What was opened is looked at, not what the name leads to: that may change in between.
 *
 * @throws {TypeError} if it isn't a regular file, or larger than `limit` bytes.
 */
export function readSmallFile(path: string, limit = 4096): string | undefined {
  try {
    return readPart(path, SAFE, (size) => {
      if (size <= limit) return { from: 0, length: limit };
      throw new TypeError(`${size} bytes, more than ${limit}`);
    });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw isSpecial(error) ? new TypeError("not a regular file") : error;
  }
}

/**
 * Reads the end of a log that somebody else may have made something else of, as text.
 *
 * @param from where to begin, in bytes, if that is in the log
 * @param length how many bytes at most
 * @throws {Error} if there is none, or it is no regular file, or somebody else's link.
 */
export function readEnd(log: string, from: number, length: number): string {
  const flags = isOwnLink(log) ? constants.O_NONBLOCK : SAFE;
  return readPart(log, flags, (size) => ({
    from: Math.max(from <= size ? from : 0, size - length),
    length,
  }));
}

/** @param choose the part to read of a file of that size, in bytes */
function readPart(
  path: string,
  flags: number,
  choose: (size: number) => { from: number; length: number },
): string {
  const file = openSync(path, constants.O_RDONLY | flags);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new TypeError("not a regular file");
    const { from, length } = choose(stat.size);
    const bytes = new Uint8Array(length);
    const read = readSync(file, bytes, 0, length, from);
    return new TextDecoder().decode(bytes.subarray(0, read));
  } finally {
    closeSync(file);
  }
}

export interface OpenLog {
  /** By which this very file can be opened while it is open, whatever its name leads to by then. */
  path: string;
  close(): void;
}

/**
 * Opens a log for appending, or makes it. Refuses what isn't one: opening a FIFO would
 * wait for a reader, and through somebody else's link zdd would write where he may not.
 */
export function openLog(log: string): OpenLog {
  const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
  const flags = O_APPEND | O_CREAT | O_WRONLY |
    (isOwnLink(log) ? O_NONBLOCK : SAFE);
  let file;
  try {
    file = openSync(log, flags, 0o640);
  } catch (error) {
    if (codeOf(error) === "ELOOP") {
      throw new Error("it is somebody else's link");
    }
    throw isSpecial(error) ? new Error("it isn't a regular file") : error;
  }
  const stat = fstatSync(file);
  if (stat.isFile() || stat.isCharacterDevice()) {
    return { path: descriptorPath(stat), close: () => closeSync(file) };
  }
  closeSync(file);
  throw new Error("it isn't a regular file");
}

/**
 * The path of an open file in /proc (proc(5)). Deno's numbers of files aren't always
 * those of the system.
 */
function descriptorPath({ dev, ino }: Stats): string {
  const numbers = [...Deno.readDirSync("/proc/self/fd")]
    .map(({ name }) => Number(name));
  // What was opened last is likely to have the largest number.
  for (const name of numbers.toSorted((a, b) => b - a)) {
    try {
      const stat = Deno.statSync(`/proc/self/fd/${name}`);
      if (stat.dev === dev && stat.ino === ino) {
        return `/proc/${Deno.pid}/fd/${name}`;
      }
    } catch { /* closed, or no file */ }
  }
  throw new Error("/proc doesn't show it");
}

function isOwnLink(path: string): boolean {
  try {
    const { isSymlink, uid } = Deno.lstatSync(path);
    return isSymlink && (uid === 0 || uid === Deno.uid());
  } catch {
    return false; // it will be made
  }
}

/** Whether opening failed since it is a link, a socket, a directory or a FIFO that nobody reads. */
function isSpecial(error: unknown): boolean {
  return ["ELOOP", "ENXIO", "EISDIR"].includes(codeOf(error) ?? "");
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error
    ? String(error.code)
    : undefined;
}
