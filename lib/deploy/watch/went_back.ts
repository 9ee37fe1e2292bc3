import { messageOf, wordsOf, ZddError } from "../../error.ts";
import type { StepResult } from "./step.ts";

/** A release was taken back. Has the figures of all steps. */
export class WentBack extends ZddError {
  override name = "WentBack";

  constructor(reason: unknown, readonly watch: readonly StepResult[]) {
    super(`${messageOf(reason)}; the previous release serves again`, {
      ...wordsOf(reason),
      hint: reason instanceof ZddError ? reason.hint : undefined,
      cause: reason,
    });
  }
}
