import { chooseServices } from "../../config/choose.ts";
import {
  isWorker,
  type ServiceConfig,
  stopsFirst,
} from "../../config/config.ts";
import { fingerprintOf, isSameFingerprint } from "../../config/fingerprint.ts";
import { ExitStatus, ZddError } from "../../error.ts";
import { isAlive } from "../../instance/processes.ts";
import { type State, stateOf } from "../../state/state.ts";
import { addCanary, replaceCurrent } from "../../state/transitions.ts";
import { readIfExists } from "../../system/files.ts";
import { type ChangePlan, deploy } from "../deploy.ts";
import type { Outcome } from "../outcome.ts";
import type { Pause } from "../pause.ts";
import { requireHoldable } from "../holdable.ts";
import { planStarts, requestAll } from "./plan_starts.ts";
import type { Project } from "../read.ts";
import { runsAsDeployed } from "../reload_switch.ts";
import { render } from "../render.ts";
import type { Run, RunOptions } from "../run.ts";

export interface ReleaseOptions extends RunOptions {
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
export async function deployRelease(
  project: Project,
  { services: names = [], canary, ...options }: ReleaseOptions,
): Promise<Outcome> {
  const services = chooseServices(project.config.services, names);
  const plan = async (before: State, run: Run) => {
    requireNoCanary(before);
    if (await serves(project, services, before, run.release)) return undefined;
    if (run.pause) requirePausable(project, services, before, run.pause);
    return await planRelease(run, services, before, canary);
  };
  return await deploy(project, { command: "deploy", plan }, options);
}

async function planRelease(
  run: Run,
  services: ServiceConfig[],
  before: State,
  canary?: number,
): Promise<ChangePlan> {
  const { project } = run;
  const { config } = project;
  const { release } = run;
  const requests = services.map((service) => ({
    ...requestAll(service, before),
    release,
  }));
  const { plans: starts, state } = await planStarts(
    config,
    requests,
    before,
    () => render(project, before).text,
  );
  if (canary === undefined) {
    return {
      starts,
      next: (started) => replaceCurrent(config, state, started),
    };
  }
  requireNoStopFirst(services);
  requireCurrent(services, state);
  requireLive(project, services, state);
  return {
    starts,
    next: (started) => addCanary(config, state, started, canary),
  };
}

/** @throws {ZddError} if the requests to a service can't be held. */
function requirePausable(
  project: Project,
  services: readonly ServiceConfig[],
  state: State,
  { max }: Pick<Pause, "max">,
): void {
  const rendered = render(project, state);
  // Nobody asks a worker for anything.
  const asked = services.filter((service) => !isWorker(service))
    .map(({ name }) => name)
    .filter((name) => !rendered.unused.includes(name));
  requireHoldable(project, rendered, { services: asked, max });
}

/** @throws {ZddError} while a canary runs: three releases at once are one too many. */
export function requireNoCanary(state: State): void {
  for (const [name, { canary }] of Object.entries(state.services)) {
    if (canary === undefined) continue;
    throw new ZddError(
      `A canary of ${name} gets ${canary.percent} % of the requests`,
      { hint: "end it first, with zddeploy promote or zddeploy abort" },
    );
  }
}

/**
 * Whether a release, if it is named, serves already, started as deploy.conf says now and
 * behind the nginx.conf that the template makes now: deploying it would change nothing.
 */
export async function serves(
  project: Project,
  services: readonly ServiceConfig[],
  state: State,
  release?: string,
): Promise<boolean> {
  if (release === undefined || project.nginx.master() === undefined) {
    return false;
  }
  for (const service of services) {
    const { current } = stateOf(state, service.name);
    if (current.length !== service.instances) return false;
    if (!current.every(isAlive)) return false;
    // What is never replaced keeps what it was started with.
    if (service.port === "fixed" && !stopsFirst(service)) continue;
    const now = await fingerprintOf(service);
    const isSame = current.every((instance) =>
      instance.release === release &&
      isSameFingerprint(instance.fingerprint, now)
    );
    if (!isSame) return false;
  }
  const { text } = render(project, state);
  return text === readIfExists(project.config.nginx.rendered) &&
    runsAsDeployed(project, state.nginx);
}

/** @throws {ZddError} if one of the services must never run twice, as a canary would. */
export function requireNoStopFirst(services: readonly ServiceConfig[]): void {
  for (const { name } of services.filter(stopsFirst)) {
    throw new ZddError(
      `${name} cannot have a canary: with replace: stop-first it never runs twice`,
      {
        hint: "name other services with --service",
        exitStatus: ExitStatus.usage,
      },
    );
  }
}

/** @throws {ZddError} if there is nobody to leave the rest of the requests to. */
function requireCurrent(services: ServiceConfig[], state: State): void {
  for (const { name } of services) {
    if (stateOf(state, name).current.some(isAlive)) continue;
    throw new ZddError(
      `${name} cannot have a canary: no instance of it serves yet`,
      { hint: "deploy it first, without --canary" },
    );
  }
}

/** @throws {ZddError} if the template prints the port of one of the services. */
export function requireLive(
  project: Project,
  services: readonly ServiceConfig[],
  state: State,
): void {
  const { live } = render(project, state);
  for (const service of services) {
    const { name } = service;
    // Workers work beside the others, whatever share of the requests is whose.
    if (live.includes(name) || isWorker(service)) continue;
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
