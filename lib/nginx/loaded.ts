import { isSame, type ProcessId } from "../system/process.ts";
import { workersOf } from "./master.ts";

/** Identifies the version of the rendered file that nginx's workers have read. */
export interface Loaded {
  /** When the file was last written, in ms since 1970, and its size in bytes. */
  readonly file: string;
  /** The workers that took requests at that time. */
  readonly workers: readonly ProcessId[];
}

/** What to remember about an nginx that has just read the rendered file. */
export function rememberLoaded(master: ProcessId, rendered: string): Loaded {
  return { file: identityOf(rendered), workers: takingRequests(master) };
}

/**
 * Whether nginx certainly still runs with what it read then. Either the file hasn't been
 * written since, so a reload changed nothing, or nginx hasn't been reloaded. If someone
 * edits the file, reloads, and puts the file back, neither is true.
 */
export function isStillLoaded(
  { file, workers }: Loaded,
  master: ProcessId,
  rendered: string,
): boolean {
  return file === identityOf(rendered) ||
    takingRequests(master).every((worker) =>
      workers.some((known) => isSame(known, worker))
    );
}

function takingRequests(master: ProcessId): ProcessId[] {
  return workersOf(master).filter(({ shuttingDown }) => !shuttingDown)
    .map(({ process }) => process);
}

function identityOf(path: string): string {
  try {
    const { mtime, size } = Deno.statSync(path);
    return `${mtime?.getTime()} ${size}`;
  } catch {
    return "";
  }
}
