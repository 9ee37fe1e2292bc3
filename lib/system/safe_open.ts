import { dirname, resolve } from "@std/path";
import {
  type Held,
  hold,
  type HoldOptions,
  inDirectory,
  makeDirectory,
  withoutDescriptors,
  withoutUmask,
} from "./held.ts";
import { isGuarded } from "./trusted.ts";

// How to read and write files that others can make something else of: a link, a FIFO, a
// device, a directory. What is held is looked at before it is opened.

const NOT_REGULAR = "not a regular file";

/**
 * Reads a file that another user writes and that should be one short line.
 * Returns undefined if it doesn't exist.
 *
 * @throws {TypeError} if it isn't a regular file, or larger than `limit` bytes.
 * @throws {Deno.errors.PermissionDenied} if another user's link leads there.
 */
export function readSmallFile(path: string, limit = 4096): string | undefined {
  return read(path, false, limit);
}

/** More than any file that zdd reads whole has, in bytes. */
const MOST = 64 * 2 ** 20;

/**
 * Reads a text file, through links that only trusted users can have made. Returns
 * undefined if it doesn't exist.
 *
 * @throws {TypeError} if it isn't a regular file, or has more than 64 MiB.
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
 * @param from where to begin, in bytes, if that is in the log
 * @param length how many bytes at most
 * @throws {Error} if there is none, or it is no regular file, or another user's link
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
  /** By which a child can open this very file while it is open, whatever its name leads to by then. */
  path: string;
  close(): void;
}

/** What only the owner of a log and the group of that may read, as syslog's are. */
const LOG_MODE = 0o640;

/**
 * Opens a log for appending, or makes it and its directory. Refuses what isn't one: opening a FIFO would
 * wait for a reader, and through another user's link zdd would write where that user
 * may not.
 *
 * @throws {Error} with the reason.
 */
export function openLog(log: string): OpenLog {
  makeDirectory(dirname(resolve(log)))[Symbol.dispose]();
  const held = holdOrMake(log, LOG_MODE, { follow: true });
  try {
    const { isFile, isCharDevice, nlink } = held.stat();
    if (!isFile && !isCharDevice) throw new Error("it isn't a regular file");
    // Another user can have made it the second name of a file that only zdd may write.
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
  /** Who is to own it, where zdd may give it to another user; whoever makes it, unless told. */
  owner?: number;
  /** Whose it may be; anybody's who let zdd open it, unless told. */
  users?: number[];
}

/**
 * Opens a file for reading and writing that is never replaced, such as a lock, or makes
 * it. It is for its owner alone, also if it was made with another mode.
 *
 * @throws {Error} if it isn't a regular file, or another user's.
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

/** Opens a regular file, through trusted links. @throws {TypeError} if it is none. */
export function openToRead(path: string): Deno.FsFile {
  using held = hold(path, { follow: true });
  if (!held.stat().isFile) throw new TypeError(NOT_REGULAR);
  return reopen(held, { read: true });
}

function reopen(held: Held, options: Deno.OpenOptions): Deno.FsFile {
  return withoutDescriptors(() => Deno.openSync(held.path, options));
}

/** Adds to a file, or makes it with this mode. @throws {TypeError} if it isn't a regular file. */
export function appendText(path: string, text: string, mode: number): void {
  using held = holdOrMake(path, mode);
  if (!held.stat().isFile) throw new TypeError(NOT_REGULAR);
  const options = { append: true, create: false };
  withoutDescriptors(() => Deno.writeTextFileSync(held.path, text, options));
}

/** Holds a file, or makes it. A link in its place is held itself, unless trusted ones are followed. */
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
    // Another has made it meanwhile.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  return hold(path, following);
}
