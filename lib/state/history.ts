import { reasonOf, ZddError } from "../error.ts";
import { hintOfOwner } from "../system/files.ts";
import { appendText, readEnd } from "../system/safe_open.ts";
import { sizeOf } from "../system/tail.ts";
import { isObject, isOptionalText } from "./shapes.ts";
import type { State } from "./state.ts";
import type { StateDir } from "./state_dir.ts";

/** One line of history.jsonl. */
export interface HistoryEntry {
  /** When it ended; ISO 8601. */
  at: string;
  /** The user who ran it: the one who called sudo, or the login name. */
  by?: string;
  /** `deploy`, `rollback`, … */
  command: string;
  /** The name given with `--release`, or else the release that serves after it. */
  release?: string;
  result: "done" | "failed";
  error?: string;
  ms: number;
  /** The pids that serve after it, by service. */
  serving: Record<string, number[]>;
}

/** The pids of the current instances in a state, by service. */
export function servingPids({ services }: State): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(services).map(([name, { current }]) => [
      name,
      current.map(({ process }) => process.pid),
    ]),
  );
}

/** The release that serves in a state, or was stopped last; undefined unless there is exactly one. */
export function releaseIn({ services }: State): string | undefined {
  const releases = Object.values(services).flatMap((own) => {
    const serving = [...own.current, ...own.canary?.instances ?? []];
    return serving.length === 0
      ? own.release
      : serving.map(({ release }) => release);
  });
  const [release, ...others] = new Set(releases);
  return others.length === 0 ? release : undefined;
}

/** Adds an entry. @throws {Error} if the file can't be written. */
export function appendHistory(directory: StateDir, entry: HistoryEntry): void {
  const start = endsInLine(directory.history) ? "\n" : "";
  const line = `${start}${JSON.stringify(entry)}\n`;
  appendText(directory.history, line, 0o600);
}

/** Whether the last line has no newline, because the disk was full. */
function endsInLine(path: string): boolean {
  if (sizeOf(path) === 0) return false;
  return readEnd(path, 0, 1) !== "\n";
}

/** How much of the file is read, in bytes: enough for thousands of entries. */
const MOST = 4 * 2 ** 20;

/**
 * The last entries, the newest last. Lines that aren't entries are left out, such as those
 * cut off by a full disk.
 *
 * @throws {ZddError} if the file exists and can't be read.
 */
export function readHistory(
  directory: StateDir,
  count: number,
): HistoryEntry[] {
  let text: string;
  try {
    text = readEnd(directory.history, 0, MOST);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new ZddError(
      `Cannot read "${directory.history}": ${reasonOf(error)}`,
      { hint: hintOfOwner(directory.history, error), cause: error },
    );
  }
  return text.split("\n").flatMap(parseEntry).slice(-count);
}

function parseEntry(line: string): HistoryEntry | [] {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is HistoryEntry {
  return isObject(value) && typeof value.at === "string" &&
    !Number.isNaN(Date.parse(value.at)) && typeof value.command === "string" &&
    (value.result === "done" || value.result === "failed") &&
    Number.isFinite(value.ms) &&
    isOptionalText(value.by) && isOptionalText(value.release) &&
    isOptionalText(value.error) &&
    isObject(value.serving) &&
    Object.values(value.serving).every((pids) =>
      Array.isArray(pids) && pids.every(Number.isInteger)
    );
}
