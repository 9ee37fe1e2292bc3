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
  let file;
  try {
    file = openSync(path, constants.O_RDONLY | SAFE);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw isSpecial(error) ? new TypeError("not a regular file") : error;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new TypeError("not a regular file");
    if (stat.size > limit) {
      throw new TypeError(`${stat.size} bytes, more than ${limit}`);
    }
    const bytes = new Uint8Array(limit + 1);
    const length = readSync(file, bytes, 0, limit + 1, 0);
    if (length > limit) throw new TypeError(`more than ${limit} bytes`);
    return new TextDecoder().decode(bytes.subarray(0, length));
  } finally {
    closeSync(file);
  }
}

/**
 * Opens a log for appending, or makes it. Refuses what isn't one: opening a FIFO would
 * wait for a reader, and through somebody else's link zdd would write where he may not.
 * It stays open until zdd ends.
 *
 * @returns a path by which this very file can be opened, whatever its name leads to by then
 */
export function openLog(log: string): string {
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
  if (stat.isFile() || stat.isCharacterDevice()) return descriptorPath(stat);
  closeSync(file);
  throw new Error("it isn't a regular file");
}

/**
 * The path of an open file in /proc (proc(5)). Deno's numbers of files aren't always
 * those of the system.
 */
function descriptorPath({ dev, ino }: Stats): string {
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
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
