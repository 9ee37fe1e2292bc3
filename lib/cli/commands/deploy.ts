import { deploy } from "../../deploy/deploy.ts";
import { carryOut, readPercent } from "../carry_out.ts";
import type { Run } from "../command.ts";

export const run: Run = (options, input) => {
  const { service: services, canary, release } = input.values;
  const percent = canary?.at(-1);
  return carryOut(
    options,
    input,
    "deployed",
    (project, how) =>
      deploy(project, {
        ...how,
        services,
        canary: percent === undefined ? undefined : readPercent(percent),
        release: release?.at(-1),
      }),
  );
};
