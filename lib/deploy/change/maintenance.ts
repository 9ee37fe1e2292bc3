import { isWorker } from "../../config/config.ts";
import { LiveLinks } from "../../live/links.ts";
import type { Maintenance } from "../../live/maintenance.ts";
import type { Rendered } from "../../live/render.ts";
import { MAINTENANCE } from "../../live/steering.ts";
import type { State } from "../../state/state.ts";
import { closed, opened } from "../../state/transitions.ts";
import { requireClosable } from "../closable.ts";
import { deploy } from "../deploy.ts";
import type { Outcome } from "../outcome.ts";
import type { Project } from "../read.ts";
import { render } from "../render.ts";
import type { Run, RunOptions } from "../run.ts";

/**
 * Turns clients away until {@linkcode openSite}, even if something is deployed meanwhile.
 *
 * @throws {ZddError} with exit status 2, if the template can't do that.
 */
export function closeSite(
  project: Project,
  maintenance: Maintenance,
  options: RunOptions,
): Promise<Outcome> {
  return deploy(project, {
    command: "maintenance on",
    plan(state, run) {
      const next = closed(state, maintenance);
      const rendered = render(project, next);
      requireClosable(project, rendered, maintenance);
      warnOfOthers(run, rendered);
      return isDone(project, state, next)
        ? undefined
        : { starts: [], next: () => next };
    },
  }, options);
}

/** Lets clients in again. */
export function openSite(
  project: Project,
  options: RunOptions,
): Promise<Outcome> {
  return deploy(project, {
    command: "maintenance off",
    plan(state) {
      const next = opened(state);
      return isDone(project, state, next)
        ? undefined
        : { starts: [], next: () => next };
    },
  }, options);
}

/** Whether the state is already the next one, and the link agrees with it. */
function isDone({ config }: Project, state: State, next: State): boolean {
  const link = new LiveLinks(config.stateDir).read(MAINTENANCE);
  return state.maintenance === next.maintenance &&
    (link === undefined) === (next.maintenance === undefined);
}

/** Warns of services that stay open, since the template doesn't use the live switch for them. */
function warnOfOthers(
  { project: { config }, report }: Run,
  { live, unused }: Rendered,
): void {
  for (const service of config.services) {
    const { name: subject } = service;
    if (live.includes(subject) || unused.includes(subject)) continue;
    if (isWorker(service)) continue;
    const message = "stays open: the template doesn't switch it live";
    report({ step: "switch", subject, message, level: "warning" });
  }
}
