import { formatDuration } from "../text/duration.ts";
import { type HistoryEntry, readHistory } from "../state/history.ts";
import { readProject } from "../deploy/read.ts";
import { StateDir } from "../state/state_dir.ts";
import { ExitStatus } from "../error.ts";
import type { Run } from "../cli/command.ts";
import { printJson, printResult } from "../cli/output.ts";
import { formatTable } from "../cli/table.ts";

/** How many entries are shown. */
const COUNT = 20;

export const run: Run = (options) => {
  const { config } = readProject(options.conf);
  const entries = readHistory(new StateDir(config.stateDir), COUNT);
  if (options.json) printJson(entries);
  else printResult(formatHistory(entries));
  return ExitStatus.done;
};

/** The entries as a table, the newest last. */
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
