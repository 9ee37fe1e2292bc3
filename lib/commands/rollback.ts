import { rollback } from "../deploy/steer.ts";
import { carryOut } from "../cli/carry_out.ts";
import type { Run } from "../cli/command.ts";

export const run: Run = (options, input) =>
  carryOut(options, input, "rolled back", rollback);
