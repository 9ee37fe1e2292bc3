import { isSame, type ProcessId } from "../system/process.ts";
import { workersOf } from "./master.ts";

/** By what it is known which text of the rendered file nginx's workers have read. */
export interface Loaded {
  /** When the file was last written, in ms, and its size in bytes. */
  readonly file: string;
  /** The workers that took requests when that was seen. */
  readonly workers: readonly ProcessId[];
}

/** What is to be remembered of an nginx that has just read the rendered file. */
export function rememberLoaded(master: ProcessId, rendered: string): Loaded {
  return { file: identityOf(rendered), workers: takingRequests(master) };
}

/**
 * Whether nginx certainly still runs with what it had read then: the file hasn't been
 * written since, so that whoever has reloaded nginx has changed nothing; or nobody has
 * reloaded it. Who edits the file, reloads, and puts it back makes neither true.
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
