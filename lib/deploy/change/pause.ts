import { chooseServices } from "../../config/choose.ts";
import { ZddError } from "../../error.ts";
import type { Rendered } from "../../live/render.ts";
import { Journal } from "../../state/journal.ts";
import type { State } from "../../state/state.ts";
import { readIfExists } from "../../system/files.ts";
import { Hold } from "../hold.ts";
import { requireHoldable } from "../holdable.ts";
import type { Pause } from "../pause.ts";
import type { Project } from "../read.ts";
import { recover, tidy } from "../recover.ts";
import { runsAsDeployed } from "../reload_switch.ts";
import { render } from "../render.ts";
import { attempt, openRun, record, type RunOptions } from "../run.ts";

export interface PauseOptions extends RunOptions, Omit<Pause, "services"> {
  /** The names of services; all that are switched live if there is none. */
  services?: string[];
}

export interface PauseResult {
  changed: true;
  services: readonly string[];
  /** How many requests have waited, how many of them failed, and how long the first may have waited. */
  held: number;
  lost: number;
  heldMs: number;
  warnings: readonly string[];
  ms: number;
}

/**
 * Runs a command while requests are held and nobody uses the services.
 *
 * @throws {ZddError} if it fails, or takes too long; requests have gone on then.
 */
export async function pause(
  project: Project,
  { services: names = [], command, max, wait, ...options }: PauseOptions,
): Promise<PauseResult> {
  using run = await openRun("pause", project, options);
  const state = await recover(run);
  const rendered = render(project, state);
  const services = chooseServices(project.config.services, names)
    .map(({ name }) => name)
    .filter((name) => names.length > 0 || rendered.live.includes(name));
  const first = project.config.services[0]?.name ?? "web";
  const what = {
    services: services.length > 0 ? services : [first],
    ...{ command, max, wait },
  };
  requireHoldable(project, rendered, what);
  requireLoaded(project, state, rendered);
  attempt(run, () => tidy(run, state));
  // Where it can't, only long answers to what was held would break when zdd's unit ends.
  await run.detach().catch(() => {});
  const journal = Journal.begin(run.directory, []);
  let hold: Hold | undefined;
  try {
    hold = await Hold.begin(run, what, journal, state, rendered);
    await hold.use(state);
  } catch (error) {
    await hold?.lift();
    attempt(run, () => journal.close());
    record(run, state, error);
    throw error;
  }
  const { held, lost, ms: heldMs } = await hold.lift();
  attempt(run, () => journal.close());
  record(run, state);
  const { warnings, took } = run;
  return {
    ...{ changed: true, services, held, lost, heldMs, warnings, ms: took() },
  };
}

/** @throws {ZddError} unless nginx runs with what the template says now. */
function requireLoaded(
  project: Project,
  { nginx }: State,
  { text }: Rendered,
): void {
  const { config } = project;
  if (project.nginx.master() === undefined) {
    throw new ZddError("nginx doesn't run, so that there are no requests", {
      hint: "run the command by itself",
    });
  }
  const isLoaded = readIfExists(config.nginx.rendered) === text &&
    runsAsDeployed(project, nginx);
  if (isLoaded) return;
  throw new ZddError("nginx doesn't run with what the template says now", {
    hint: "run zddeploy deploy first",
  });
}
