import { startMissing } from "../deploy/start_missing.ts";
import { carryOut } from "../cli/carry_out.ts";
import type { Run } from "../cli/command.ts";

export const run: Run = (options, input) =>
  carryOut(options, input, "started", startMissing);
