import { promote } from "../../deploy/steer.ts";
import { carryOut } from "../carry_out.ts";
import type { Run } from "../command.ts";

export const run: Run = (options, input) =>
  carryOut(options, input, "promoted", promote);
