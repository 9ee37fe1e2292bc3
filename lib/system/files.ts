import { basename, dirname } from "@std/path";
import { messageOf, ZddError } from "../error.ts";
import { holdDirectory, inDirectory, withoutDescriptors } from "./held.ts";
import { withoutUmask } from "./umask.ts";
import { nameOfUser } from "./users.ts";
import { readRegularFile } from "./safe_open.ts";

export interface WriteOptions {
  /** The mode of a new file, whatever the umask; 0644 by default. */
  mode?: number;
  /** The modification time to set, in ms since 1970; now by default. */
  modified?: number;
  /** Whether an existing file gets that mode too; otherwise it keeps its own. */
  exactly?: boolean;
  /**
   * Whether the new text must be there after a power cut right afterwards, and not the old
   * one; true by default. It takes a second write to the disk.
   */
  lasting?: boolean;
}

/**
 * Writes a file so that it has either the old text or the new one, even after a power cut:
 * it writes a temporary file beside it, syncs that, and renames it. Others who rename
 * directories or make links meanwhile can't redirect it.
 *
 * @throws {ZddError} with the file's name, when the disk is full, read-only, …
 */
export function writeAtomically(
  path: string,
  text: string,
  { mode = 0o644, exactly = false, lasting = true, modified }: WriteOptions =
    {},
): void {
  const unique = crypto.randomUUID().slice(0, 8);
  try {
    using directory = holdDirectory(dirname(path));
    const name = basename(path);
    const entry = `${directory.path}/${name}`;
    const temporary = `${directory.path}/.${name}.${unique}`;
    const kept = exactly ? undefined : modeOf(entry);
    try {
      withoutDescriptors(() => {
        writeNew(temporary, text, kept ?? mode, modified);
        Deno.renameSync(temporary, entry);
      });
    } catch (error) {
      removeAnyhow(temporary);
      throw error;
    }
    if (lasting) sync(directory.path);
  } catch (error) {
    throw failed("write", path, error);
  }
}

function failed(
  what: string,
  path: string,
  error: unknown,
  hint?: string,
): ZddError {
  const message = `Cannot ${what} "${path}": ${messageOf(error)}`;
  return new ZddError(message, { cause: error, hint });
}

/** Says which user to run zddeploy as, if the error is that another user owns the file. */
export function hintOfOwner(path: string, error: unknown): string | undefined {
  if (!(error instanceof Deno.errors.PermissionDenied)) return undefined;
  try {
    const { uid } = Deno.lstatSync(path);
    if (uid === null || uid === Deno.uid()) return undefined;
    return `run zddeploy as ${nameOfUser(uid)}, who owns the file`;
  } catch {
    return undefined;
  }
}

/** Creates a file with this mode. Changing the mode afterwards would be too late. */
function writeNew(
  path: string,
  text: string,
  mode: number,
  modified?: number,
): void {
  const options = { write: true, createNew: true, mode };
  using file = withoutUmask(() => Deno.openSync(path, options));
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) {
    done += file.writeSync(bytes.subarray(done));
  }
  if (modified !== undefined) {
    file.utimeSync(new Date(), new Date(modified));
  }
  file.syncSync();
}

/** The age from which a temporary file counts as abandoned, in ms. */
const ABANDONED = 60_000;

/** Removes temporary files that a killed `writeAtomically` left beside a file. */
export function removeLeftovers(path: string): void {
  const prefix = `.${basename(path)}.`;
  using directory = holdDirectory(dirname(path));
  for (const { name } of Deno.readDirSync(directory.path)) {
    if (!name.startsWith(prefix)) continue;
    if (!/^[0-9a-f]{8}$/.test(name.slice(prefix.length))) continue;
    const leftover = `${directory.path}/${name}`;
    const { mtime } = Deno.lstatSync(leftover);
    if (Date.now() - Number(mtime) > ABANDONED) removeAnyhow(leftover);
  }
}

/**
 * Reads a text file; undefined if it doesn't exist.
 *
 * @throws {ZddError} if it can't be read, or isn't a regular file.
 */
export function readIfExists(path: string): string | undefined {
  try {
    return readRegularFile(path);
  } catch (error) {
    throw failed("read", path, error, hintOfOwner(path, error));
  }
}

/**
 * Removes a file, if it exists.
 *
 * @throws {ZddError} if it can't be removed.
 */
export function removeIfExists(path: string): void {
  try {
    inDirectory(path, Deno.removeSync);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw failed("remove", path, error);
  }
}

/** Removes a temporary file if possible. Never throws: another failure is being reported. */
export function discard(path: string): void {
  try {
    inDirectory(path, Deno.removeSync);
  } catch { /* it isn't there, or can't be removed */ }
}

function removeAnyhow(entry: string): void {
  try {
    Deno.removeSync(entry);
  } catch { /* it isn't there, or can't be removed */ }
}

/** Resolves symbolic links; returns the path unchanged if it doesn't exist. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

/** Whether there is anything at a path, even a dangling link. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether a path leads to a regular file. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Whether a path exists and is a directory. */
export function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** When a file was last written, in ms since 1970; undefined if there is none. */
export function modifiedAt(path: string): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch {
    return undefined;
  }
}

/** The mode of a regular file; undefined for anything else, such as a link. */
export function modeOf(path: string): number | undefined {
  try {
    const { isFile, mode } = Deno.lstatSync(path);
    return isFile ? (mode ?? 0) & 0o777 : undefined;
  } catch {
    return undefined;
  }
}

/** Makes a rename in a directory durable, if the file system can. */
function sync(path: string): void {
  try {
    using directory = Deno.openSync(path);
    directory.syncSync();
  } catch {
    // Not a failure: the file has been renamed in any case.
  }
}
