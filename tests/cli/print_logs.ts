// Prints logs as zddeploy does: deno run -A print_logs.ts FOLLOW JSON…
//
// Each JSON is an array, the words of a command that prints a log, or a file's name.

import { showLogs } from "../../lib/cli/show_logs.ts";

const [follow, ...sources] = Deno.args;
const logs = sources.map((json) => {
  const source: string | string[] = JSON.parse(json);
  return typeof source === "string"
    ? { file: source }
    : { command: () => source };
});
Deno.exit(await showLogs(logs, { lines: 2, follow: follow === "follow" }));
