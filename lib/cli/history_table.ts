import { formatDuration } from "../text/duration.ts";
import type { HistoryEntry } from "../state/history.ts";
import { formatTable } from "./table.ts";

/** Formats entries as a table, the newest last. */
export function formatHistory(entries: HistoryEntry[]): string {
  return formatTable([
    ["AT", "COMMAND", "RELEASE", "RESULT", "TOOK", "SERVING"],
    ...entries.map(({ at, command, release, result, error, ms, serving }) => [
      at,
      command,
      release ?? "",
      result,
      formatDuration(ms),
      result === "failed" && error !== undefined
        ? error.split("\n")[0] ?? ""
        : Object.entries(serving).map(([name, pids]) =>
          `${name} ${pids.join(",")}`
        ).join("  "),
    ]),
  ]);
}
