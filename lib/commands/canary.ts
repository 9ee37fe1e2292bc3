import { steerCanary } from "../deploy/steer.ts";
import { carryOut, readPercent } from "../cli/carry_out.ts";
import type { Run } from "../cli/command.ts";

export const run: Run = (options, input) => {
  const percent = readPercent(input.words[0] ?? "");
  return carryOut(
    options,
    input,
    "switched",
    (project, how) => steerCanary(project, percent, how),
  );
};
