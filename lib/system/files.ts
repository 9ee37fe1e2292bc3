import { basename, dirname, join } from "@std/path";
import { messageOf, ZddError } from "../error.ts";

/**
 * Writes a file so that its name holds the old text or the new one, never less,
 * also after a power cut: a temporary file beside it, synced, then renamed.
 * An existing file keeps its mode; a new one gets `mode`.
 *
 * @throws {ZddError} with the file's name, when the disk is full, read-only, …
 */
export function writeAtomically(
  path: string,
  text: string,
  mode = 0o644,
): void {
  const temporary = join(
    dirname(path),
    `.${basename(path)}.${crypto.randomUUID().slice(0, 8)}`,
  );
  try {
    const file = createFile(temporary, modeOf(path) ?? mode);
    try {
      const bytes = new TextEncoder().encode(text);
      for (let done = 0; done < bytes.length;) {
        done += file.writeSync(bytes.subarray(done));
      }
      file.syncSync();
    } finally {
      file.close();
    }
    Deno.renameSync(temporary, path);
    syncDirectory(dirname(path));
  } catch (error) {
    discard(temporary);
    throw new ZddError(`Cannot write "${path}": ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * Makes a file with exactly this mode, never through a link that someone put there.
 * Changing the mode afterwards, by name, could hit what someone has put in its place.
 */
function createFile(path: string, mode: number): Deno.FsFile {
  const umask = Deno.umask(0);
  try {
    return Deno.openSync(path, { write: true, createNew: true, mode });
  } finally {
    Deno.umask(umask);
  }
}

/** How old a temporary file must be that nobody writes any more, in ms. */
const ABANDONED = 60_000;

/** Removes what `writeAtomically` has left beside a file, if it was killed on the way. */
export function removeLeftovers(path: string): void {
  const prefix = `.${basename(path)}.`;
  for (const { name } of Deno.readDirSync(dirname(path))) {
    if (!name.startsWith(prefix)) continue;
    if (!/^[0-9a-f]{8}$/.test(name.slice(prefix.length))) continue;
    const leftover = join(dirname(path), name);
    const { mtime } = Deno.lstatSync(leftover);
    if (Date.now() - Number(mtime) > ABANDONED) discard(leftover);
  }
}

/** Reads a text file; undefined if it doesn't exist. Other errors are thrown. */
export function readIfExists(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Removes a file; one that isn't there is as good. */
export function removeIfExists(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Removes a temporary file as far as that is possible, while another failure is reported. */
export function discard(path: string): void {
  try {
    Deno.removeSync(path);
  } catch { /* it isn't there, or nobody can help it */ }
}

/** A path without symbolic links; as it is, if it leads nowhere. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

/** Whether there is something of this name, if only a link that leads nowhere. */
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

function modeOf(path: string): number | undefined {
  try {
    return (Deno.statSync(path).mode ?? 0) & 0o777;
  } catch {
    return undefined;
  }
}

/** Makes a rename in a directory durable, where the file system can. The rename has happened in any case. */
function syncDirectory(path: string): void {
  try {
    using directory = Deno.openSync(path);
    directory.syncSync();
  } catch {
    // Saying that the file wasn't written would be wrong.
  }
}
