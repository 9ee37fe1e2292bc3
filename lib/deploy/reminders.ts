import { notesOnFormer } from "../state/former.ts";
import type { State } from "../state/state.ts";
import type { Run } from "./run.ts";

/** Reminds of what a deploy leaves as it is: services that have left deploy.conf, a closed site. */
export function remind(
  { project: { config }, report }: Run,
  before: State,
  state: State,
): void {
  for (const message of notesOnFormer(config, state)) {
    report({ step: "stop", subject: "zdd", message, level: "warning" });
  }
  if (before.maintenance === undefined || !state.maintenance) return;
  const message = "the site is still closed; zddeploy maintenance off opens it";
  report({ step: "switch", subject: "zdd", message });
}
