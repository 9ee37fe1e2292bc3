import { messageOf, reasonOf, ZddError } from "../error.ts";
import {
  isFile,
  readIfExists,
  writeAtomically,
  type WriteOptions,
} from "../system/files.ts";
import { isState } from "./shapes.ts";
import { EMPTY_STATE, type State } from "./state.ts";
import type { StateDir } from "./state_dir.ts";
import { unversioned, versioned } from "./versions.ts";

/** The content of state.json. */
export interface StateFile {
  state: State;
  /** Why it can't be used; the state is empty then. */
  damaged?: string;
  /** The file doesn't exist, as before the first deploy. */
  missing?: true;
}

/**
 * Reads the state.
 *
 * @throws {ZddError} if the file exists and can't be read; with exit status 4, if a later zdd
 * wrote it.
 */
export function readState({ state: path }: StateDir): StateFile {
  let value: unknown;
  try {
    const text = readIfExists(path);
    if (text === undefined) return { state: EMPTY_STATE, missing: true };
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return { state: EMPTY_STATE, damaged: "not JSON" };
    }
    // A file that can't be read now, such as for lack of descriptors, may be intact.
    if (isFile(path)) {
      if (error instanceof ZddError) throw error;
      throw new ZddError(`Cannot read "${path}": ${reasonOf(error)}`, {
        cause: error,
      });
    }
    return { state: EMPTY_STATE, damaged: messageOf(error) };
  }
  const content = unversioned(value, path);
  if (isState(content)) return { state: content };
  return { state: EMPTY_STATE, damaged: "not a state that zdd has written" };
}

/**
 * Writes the state.
 *
 * @param options `lasting` as in `WriteOptions`
 * @throws {ZddError} if that fails; the old state is intact then.
 */
export function writeState(
  { state: path }: StateDir,
  state: State,
  { lasting }: Pick<WriteOptions, "lasting"> = {},
): void {
  const text = JSON.stringify(versioned(state), undefined, 2) + "\n";
  writeAtomically(path, text, { mode: 0o600, exactly: true, lasting });
}

/** Renames a damaged state file, to keep it for inspection. Returns its new path. */
export function setStateAside({ state: path }: StateDir): string {
  const time = new Date().toISOString().replace(/[-:]|\.\d+Z$/g, "");
  const unique = crypto.randomUUID().slice(0, 4);
  const aside = `${path}.damaged-${time}-${unique}`;
  Deno.renameSync(path, aside);
  return aside;
}
