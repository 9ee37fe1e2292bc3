import { readProject } from "../deploy/read.ts";
import { type Status, status } from "../deploy/status.ts";
import { ExitStatus } from "../error.ts";
import { readSeconds } from "../cli/carry_out.ts";
import type { GlobalOptions, Run } from "../cli/command.ts";
import { printJson, printResult } from "../cli/output.ts";
import { screenSize } from "../cli/live_progress.ts";
import { formatStatus } from "../cli/status_table.ts";
import { styleOf } from "../cli/style.ts";
import { watch } from "../cli/watch.ts";
import { usage } from "../cli/usage.ts";

export const run: Run = async (options, { values, flags }) => {
  const interval = readSeconds("interval", values.interval?.at(-1));
  if (!flags.includes("watch")) {
    if (interval !== undefined) throw usage("--interval needs --watch");
    return show(options, status(readProject(options.conf)));
  }
  let last: Status | undefined;
  await watch(() => {
    last = status(readProject(options.conf));
    return options.json ? JSON.stringify(last) : format(options, last);
  }, interval ?? 1000);
  return last?.ok ? ExitStatus.done : ExitStatus.failed;
};

function show(options: GlobalOptions, found: Status): number {
  if (options.json) printJson(found);
  else if (!options.quiet) printResult(format(options, found));
  return found.ok ? ExitStatus.done : ExitStatus.failed;
}

function format({ verbose, color }: GlobalOptions, found: Status): string {
  return formatStatus(found, {
    verbose,
    style: styleOf(Deno.stdout, color),
    now: Date.now(),
    width: Deno.stdout.isTerminal() ? screenSize().columns : undefined,
  });
}
