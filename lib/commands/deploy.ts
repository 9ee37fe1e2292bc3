import { deploy } from "../deploy/deploy.ts";
import { dryRun } from "../deploy/dry_run.ts";
import { readProject } from "../deploy/read.ts";
import { ExitStatus } from "../error.ts";
import { carryOut, readPercent } from "../cli/carry_out.ts";
import type { Run } from "../cli/command.ts";
import { formatDryRun } from "../cli/dry_run_text.ts";
import { printJson, printResult } from "../cli/output.ts";

export const run: Run = async (options, input) => {
  const { service: services, canary, release } = input.values;
  const percent = canary?.at(-1);
  const what = {
    services,
    canary: percent === undefined ? undefined : readPercent(percent),
    release: release?.at(-1),
  };
  if (input.flags.includes("dry-run")) {
    const result = await dryRun(readProject(options.conf), what);
    if (options.json) printJson(result);
    else if (!options.quiet) printResult(formatDryRun(result));
    return ExitStatus.done;
  }
  return await carryOut(
    options,
    input,
    "deployed",
    (project, how) => deploy(project, { ...how, ...what }),
  );
};
