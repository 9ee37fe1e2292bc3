import { messageOf, wordsOf, ZddError } from "../../error.ts";
import type { StepResult } from "./step.ts";

/** A release that went back, and the figures of all its steps. */
export class WentBack extends ZddError {
  override name = "WentBack";

  constructor(reason: unknown, readonly watch: readonly StepResult[]) {
    super(`${messageOf(reason)}; the release before serves again`, {
      ...wordsOf(reason),
      hint: reason instanceof ZddError ? reason.hint : undefined,
      cause: reason,
    });
  }
}
