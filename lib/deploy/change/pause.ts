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
  /** The names of services; if empty, all that use the live switch. */
  services?: string[];
}

export interface PauseResult {
  changed: true;
  services: readonly string[];
  /** How many requests waited, how many of them failed, and how long the first one may have waited. */
  held: number;
  lost: number;
  heldMs: number;
  warnings: readonly string[];
  ms: number;
}

/**
 * Runs a command while requests are held and the services are idle.
 *
 * @throws {ZddError} if it fails or takes too long; the held requests have been passed on then.
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
  // If it can't, only long answers to held requests would break when zdd's unit ends.
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

/** @throws {ZddError} unless nginx runs with the configuration that the template makes now. */
function requireLoaded(
  project: Project,
  { nginx }: State,
  { text }: Rendered,
): void {
  const { config } = project;
  if (project.nginx.master() === undefined) {
    throw new ZddError("nginx isn't running, so there are no requests", {
      hint: "run the command by itself",
    });
  }
  const isLoaded = readIfExists(config.nginx.rendered) === text &&
    runsAsDeployed(project, nginx);
  if (isLoaded) return;
  throw new ZddError("nginx doesn't use the present template yet", {
    hint: "run zddeploy deploy first",
  });
}
