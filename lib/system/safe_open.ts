import { dirname, resolve } from "@std/path";
import {
  type Held,
  hold,
  type HoldOptions,
  inDirectory,
  makeDirectory,
  withoutDescriptors,
} from "./held.ts";
import { withoutUmask } from "./umask.ts";
import { isGuarded } from "./trusted.ts";

// Reads and writes files that other users can replace with a link, a FIFO, a device or a
// directory. A file is held and checked before it is opened.

const NOT_REGULAR = "not a regular file";

/**
 * Reads a file that another user writes and that should be one short line. Returns
 * undefined if it doesn't exist. Doesn't follow a link at the end of the path.
 *
 * @throws {TypeError} if it isn't a regular file, or is larger than `limit` bytes.
 * @throws {Deno.errors.PermissionDenied} if another user's link leads there.
 */
export function readSmallFile(path: string, limit = 4096): string | undefined {
  return read(path, false, limit);
}

/** Larger than any file that zdd reads as a whole, in bytes. */
const MOST = 64 * 2 ** 20;

/**
 * Reads a text file, through links that only trusted users can have made. Returns
 * undefined if it doesn't exist.
 *
 * @throws {TypeError} if it isn't a regular file, or is larger than 64 MiB.
 * @throws {Deno.errors.PermissionDenied} if another user's link leads there.
 */
export function readRegularFile(path: string): string | undefined {
  return read(path, true, MOST);
}

function read(path: string, follow: boolean, limit: number) {
  try {
    using file = hold(path, { follow });
    const { isFile, size } = file.stat();
    if (!isFile) throw new TypeError(NOT_REGULAR);
    if (size > limit) throw new TypeError(`${size} bytes, more than ${limit}`);
    return withoutDescriptors(() => Deno.readTextFileSync(file.path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Reads the end of a log as text.
 *
 * @param from where to begin, in bytes; 0 if the log is shorter
 * @param length how many bytes at most
 * @throws {Error} if it doesn't exist or isn't a regular file, or another user's link
 * leads there.
 */
export function readEnd(log: string, from: number, length: number): string {
  using file = openToRead(log);
  const { size } = file.statSync();
  const begin = Math.max(from <= size ? from : 0, size - length);
  file.seekSync(begin, Deno.SeekMode.Start);
  const bytes = new Uint8Array(Math.min(length, size - begin));
  let done = 0;
  while (done < bytes.length) {
    const count = file.readSync(bytes.subarray(done));
    if (count === null) break;
    done += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, done));
}

export interface OpenLog {
  /**
   * A path by which a child can open this very file until it is closed, even if it is
   * renamed.
   */
  path: string;
  close(): void;
}

/** The mode of a new log: its owner and group may read it, as with syslog. */
const LOG_MODE = 0o640;

/**
 * Opens a log for appending. Creates it and its directory if needed. Refuses anything but a
 * file or a character device: opening a FIFO would wait for a reader, and through another
 * user's link zdd would write to files that this user may not write to.
 *
 * @throws {Error} with the reason.
 */
export function openLog(log: string): OpenLog {
  makeDirectory(dirname(resolve(log)))[Symbol.dispose]();
  const held = holdOrMake(log, LOG_MODE, { follow: true });
  try {
    const { isFile, isCharDevice, nlink } = held.stat();
    if (!isFile && !isCharDevice) throw new Error("it isn't a regular file");
    // Another user may have made it a hard link to a file that only zdd may write to.
    if (isFile && nlink !== 1 && !isGuarded(dirname(held.place))) {
      throw new Error(`it has ${nlink} hard links, and others may write there`);
    }
  } catch (error) {
    held[Symbol.dispose]();
    throw error;
  }
  return { path: held.pathForChild, close: () => held[Symbol.dispose]() };
}

export interface PrivateOptions {
  /** The owner to set, if zdd may do that; by default, the user who creates it. */
  owner?: number;
  /** The users who may own it; any by default. */
  users?: number[];
}

/**
 * Opens a file that is never replaced, such as a lock, for reading and writing. Creates it
 * if needed. Only its owner gets access, even if it had another mode.
 *
 * @throws {Error} if it isn't a regular file, or none of `users` owns it.
 */
export function openPrivate(
  path: string,
  { owner, users }: PrivateOptions = {},
): Deno.FsFile {
  using held = holdOrMake(path, 0o600);
  const { isFile, mode, uid } = held.stat();
  if (!isFile) throw new TypeError(NOT_REGULAR);
  if (users?.includes(uid ?? -1) === false) {
    throw new Error(`it belongs to user ${uid}`);
  }
  const isRoot = Deno.uid() === 0;
  withoutDescriptors(() => {
    if (((mode ?? 0) & 0o077) !== 0 && (isRoot || uid === Deno.uid())) {
      Deno.chmodSync(held.path, 0o600);
    }
    if (isRoot && owner !== undefined && owner !== uid) {
      Deno.chownSync(held.path, owner, null);
    }
  });
  return reopen(held, { read: true, write: true });
}

/** Opens a regular file, through trusted links. @throws {TypeError} if it isn't one. */
export function openToRead(path: string): Deno.FsFile {
  using held = hold(path, { follow: true });
  if (!held.stat().isFile) throw new TypeError(NOT_REGULAR);
  return reopen(held, { read: true });
}

function reopen(held: Held, options: Deno.OpenOptions): Deno.FsFile {
  return withoutDescriptors(() => Deno.openSync(held.path, options));
}

/**
 * Appends to a file. Creates it with this mode if needed.
 *
 * @throws {TypeError} if it isn't a regular file.
 */
export function appendText(path: string, text: string, mode: number): void {
  using held = holdOrMake(path, mode);
  if (!held.stat().isFile) throw new TypeError(NOT_REGULAR);
  const options = { append: true, create: false };
  withoutDescriptors(() => Deno.writeTextFileSync(held.path, text, options));
}

/** Holds a file, or creates it. Holds a link itself, unless trusted links are followed. */
function holdOrMake(
  path: string,
  mode: number,
  following: HoldOptions = {},
): Held {
  try {
    return hold(path, following);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const options = { write: true, createNew: true, mode };
  try {
    inDirectory(
      path,
      (entry) => withoutUmask(() => Deno.openSync(entry, options).close()),
    );
  } catch (error) {
    // Another process has created it meanwhile.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  return hold(path, following);
}
