import { hasSlots, type ServiceConfig } from "../config/config.ts";
import { nearest } from "../text/suggestion.ts";
import { ExitStatus, ZddError } from "../error.ts";
import { isRunning } from "../system/process.ts";
import {
  change,
  type ChangeOptions,
  type ChangePlan,
  type ChangeResult,
} from "./change.ts";
import type { Project } from "./read.ts";
import { render } from "./render.ts";
import type { Report } from "./report.ts";
import { retireAll } from "./retire.ts";
import {
  addCanary,
  replaceCurrent,
  retireStandby,
} from "../state/transitions.ts";
import { planStarts, requestAll } from "./start.ts";
import { serves } from "./serves.ts";
import { serviceState, type State, writeState } from "../state/state.ts";
import { StateDir } from "../state/state_dir.ts";

export interface DeployOptions extends ChangeOptions {
  /** Only these services; all if there is none. */
  services?: string[];
  /** Percent of the requests that the new instances get, beside the current ones. */
  canary?: number;
}

/**
 * Puts new instances of services in the place of the current ones, or beside them as
 * a canary.
 *
 * @throws {ZddError} if something fails before the commit; it has been undone then.
 */
export async function deploy(
  project: Project,
  options: DeployOptions,
): Promise<ChangeResult> {
  const { config } = project;
  const services = chooseServices(config.services, options.services ?? []);
  return await change("deploy", project, options, async (before, report) => {
    refuseDuringCanary(before);
    const { release } = options;
    if (await serves(project, services, before, release)) return undefined;
    const cleared = await makeRoom(project, services, before, report);
    const requests = services.map((service) => requestAll(service, cleared));
    const { plans, state } = await planStarts(config, requests, cleared);
    const { canary } = options;
    if (canary !== undefined) {
      requireCurrent(services, state);
      requireLive(project, services, state);
    }
    const next: ChangePlan["next"] = (started) =>
      canary === undefined
        ? replaceCurrent(config, state, started)
        : addCanary(config, state, started, canary);
    return { plans, next };
  });
}

/** Those of the services that have one of these names, all if there is none. */
export function chooseServices(
  services: ServiceConfig[],
  names: string[],
): ServiceConfig[] {
  const known = services.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    throw new ZddError(`There is no service "${name}"`, {
      hint: near === undefined
        ? `the services are ${known.join(", ")}`
        : `did you mean "${near}"?`,
      exitStatus: ExitStatus.usage,
    });
  }
  return services.filter(({ name }) =>
    names.length === 0 || names.includes(name)
  );
}

/** @throws {ZddError} while a canary runs: three releases at once are one too many. */
export function refuseDuringCanary(state: State): void {
  for (const [name, { canary }] of Object.entries(state.services)) {
    if (canary === undefined) continue;
    throw new ZddError(
      `A canary of ${name} gets ${canary.percent} % of the requests`,
      { hint: "end it first, with zddeploy promote or zddeploy abort" },
    );
  }
}

/** Stops the standby of services whose new instances need its addresses. */
async function makeRoom(
  project: Project,
  services: ServiceConfig[],
  state: State,
  report: Report,
): Promise<State> {
  const needed = services.filter((service) =>
    hasSlots(service) && serviceState(state, service.name).standby.length > 0
  );
  if (needed.length === 0) return state;
  const { config } = project;
  const directory = new StateDir(config.stateDir);
  const next = retireStandby({ ...config, services: needed }, state);
  writeState(directory, next);
  await retireAll(project, directory, next, [], report);
  return next;
}

/** @throws {ZddError} if there is nobody to leave the rest of the requests to. */
function requireCurrent(services: ServiceConfig[], state: State): void {
  for (const { name } of services) {
    const { current } = serviceState(state, name);
    if (current.some(({ process }) => isRunning(process))) continue;
    throw new ZddError(
      `${name} cannot have a canary: no instance of it serves yet`,
      { hint: "deploy it first, without --canary" },
    );
  }
}

/** @throws {ZddError} if the template prints the port of one of the services. */
export function requireLive(
  project: Project,
  services: ServiceConfig[],
  state: State,
): void {
  const { live } = render(project, state);
  for (const { name } of services) {
    if (live.includes(name)) continue;
    throw new ZddError(
      `${name} cannot have a canary: the template doesn't switch it live`,
      {
        hint: `use <%= it.live.pass("${name}") %> in the location, or name ` +
          "other services with --service",
        exitStatus: ExitStatus.usage,
      },
    );
  }
}
