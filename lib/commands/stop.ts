import { stop } from "../deploy/stop.ts";
import { carryOut } from "../cli/carry_out.ts";
import type { Run } from "../cli/command.ts";

export const run: Run = (options, input) => {
  const { service: services } = input.values;
  const nginx = input.flags.includes("nginx");
  return carryOut(
    options,
    input,
    "stopped",
    (project, how) => stop(project, { ...how, services, nginx }),
  );
};
