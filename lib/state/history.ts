import { readIfExists } from "../system/files.ts";
import { sizeOf } from "../system/tail.ts";
import type { State } from "./state.ts";
import type { StateDir } from "./state_dir.ts";

/** One line of history.jsonl. */
export interface HistoryEntry {
  /** When it ended; ISO 8601. */
  at: string;
  /** `deploy`, `rollback`, … */
  command: string;
  release?: string;
  result: "done" | "failed";
  error?: string;
  ms: number;
  /** Who serves then: pids by service. */
  serving: Record<string, number[]>;
}

/** The pids that serve in a state, by service. */
export function servingPids({ services }: State): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(services).map(([name, { current }]) => [
      name,
      current.map(({ process }) => process.pid),
    ]),
  );
}

/** Adds a line. @throws if the file can't be written. */
export function appendHistory(directory: StateDir, entry: HistoryEntry): void {
  const start = endsInLine(directory.history) ? "\n" : "";
  Deno.writeTextFileSync(
    directory.history,
    `${start}${JSON.stringify(entry)}\n`,
    { append: true },
  );
}

/** Whether a full disk has cut off the last line. */
function endsInLine(path: string): boolean {
  if (sizeOf(path) === 0) return false;
  using file = Deno.openSync(path);
  file.seekSync(-1, Deno.SeekMode.End);
  const last = new Uint8Array(1);
  file.readSync(last);
  return last[0] !== "\n".charCodeAt(0);
}

/** The last entries, the newest last. Lines that a full disk has cut off are left out. */
export function readHistory(
  directory: StateDir,
  count: number,
): HistoryEntry[] {
  const lines = (readIfExists(directory.history) ?? "").trimEnd().split("\n");
  return lines.slice(-count).flatMap((line) => {
    try {
      return [JSON.parse(line) as HistoryEntry];
    } catch {
      return [];
    }
  });
}
