import { chooseServices } from "../../config/choose.ts";
import {
  type Config,
  isWorker,
  type ServiceConfig,
  stopsFirst,
} from "../../config/config.ts";
import { fingerprintOf, isSameFingerprint } from "../../config/fingerprint.ts";
import { ExitStatus, ZddError } from "../../error.ts";
import { isAlive } from "../../instance/processes.ts";
import { type State, stateOf, type Watch } from "../../state/state.ts";
import {
  addCanary,
  keepWatched,
  replaceCurrent,
} from "../../state/transitions.ts";
import type { Instance } from "../../instance/instance.ts";
import { readIfExists } from "../../system/files.ts";
import { isRunning } from "../../system/process.ts";
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
  /** Only these services; all if empty. */
  services?: string[];
  /** The percentage of the requests that the new instances get as a canary. */
  canary?: number;
  /** Set if a watch follows: the current instances are kept until it ends. */
  watch?: Omit<Watch, "kept">;
}

/**
 * Replaces the current instances of services by new ones, or adds new ones as a canary.
 *
 * @throws {ZddError} if something fails before the commit; the deploy has been undone then.
 */
export async function deployRelease(
  project: Project,
  { services: names = [], canary, watch, ...options }: ReleaseOptions,
): Promise<Outcome> {
  const services = chooseServices(project.config.services, names);
  const plan = async (before: State, run: Run) => {
    requireNoWatch(before);
    requireNoCanary(before);
    tellOfFixed(run, services, before);
    if (await serves(project, services, before, run.release)) return undefined;
    if (run.pause) requirePausable(project, services, before, run.pause);
    // What a dead watch has kept is stopped by the next release.
    const present = keepWatched(project.config, before);
    return await planRelease(run, services, present, { canary, watch });
  };
  const change = { command: "deploy", plan, isWatched: watch !== undefined };
  return await deploy(project, change, options);
}

/** Warns of instances that keep their release because another can't have their port. */
function tellOfFixed(
  { release, report }: Run,
  services: readonly ServiceConfig[],
  state: State,
): void {
  if (release === undefined) return;
  for (const service of services) {
    if (service.port !== "fixed" || stopsFirst(service)) continue;
    const { name: subject } = service;
    for (const instance of stateOf(state, subject).current.filter(isAlive)) {
      if (instance.release === release) continue;
      const { process: { pid }, release: old = "an unnamed release" } =
        instance;
      const message =
        `${pid} runs on with ${old}: its port is fixed, so it is ` +
        'only replaced with "replace: stop-first"';
      report({ step: "start", subject, message, level: "warning" });
    }
  }
}

async function planRelease(
  run: Run,
  services: ServiceConfig[],
  before: State,
  { canary, watch }: Pick<ReleaseOptions, "canary" | "watch">,
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
      next: (started) => replaceWatched(config, state, started, watch),
    };
  }
  requireNoStopFirst(services);
  requireLive(project, services, state);
  requireCurrent(services, state);
  return {
    starts,
    next: (started) => ({
      ...addCanary(config, state, started, canary),
      watch: watch && { ...watch, kept: [] },
    }),
  };
}

/** @throws {ZddError} if the requests to a service can't be held. */
export function requirePausable(
  project: Project,
  services: readonly ServiceConfig[],
  state: State,
  { max }: Pick<Pause, "max">,
): void {
  const rendered = render(project, state);
  // A worker gets no requests.
  const asked = services.filter((service) => !isWorker(service))
    .map(({ name }) => name)
    .filter((name) => !rendered.unused.includes(name));
  requireHoldable(project, rendered, { services: asked, max });
}

/** The state with new instances in place of the current ones, which are kept during a watch. */
function replaceWatched(
  { services }: Config,
  state: State,
  started: readonly Instance[],
  watch?: Omit<Watch, "kept">,
): State {
  const isKept = (service: ServiceConfig) =>
    watch !== undefined && !stopsFirst(service) &&
    stateOf(state, service.name).current.some(isAlive) &&
    started.some((one) => one.service === service.name);
  const keeping = services.map((service) => ({
    ...service,
    standby: service.standby || isKept(service),
  }));
  return {
    ...replaceCurrent({ services: keeping }, state, started),
    watch: watch &&
      { ...watch, kept: services.filter(isKept).map(({ name }) => name) },
  };
}

/** @throws {ZddError} with exit status 3, while another zddeploy watches a release. */
export function requireNoWatch({ watch }: State): void {
  if (watch === undefined || !isRunning(watch.by)) return;
  throw new ZddError(
    `Process ${watch.by.pid} watches the release of ${watch.since}`,
    {
      hint: "zddeploy promote ends that, zddeploy abort takes the release back",
      exitStatus: ExitStatus.locked,
    },
  );
}

/** @throws {ZddError} while a canary runs: a third release can't run beside it. */
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
 * Whether deploying a release would change nothing: it has a name and serves already, with
 * the present deploy.conf and the nginx.conf that the template makes now.
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
    // An instance that is never replaced keeps its settings.
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

/** @throws {ZddError} if one of the services must never run twice, so that it can't have a canary. */
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

/** @throws {ZddError} if no current instance runs to get the rest of the requests. */
export function requireCurrent(
  services: readonly ServiceConfig[],
  state: State,
): void {
  for (const { name } of services) {
    if (stateOf(state, name).current.some(isAlive)) continue;
    throw new ZddError(
      `${name} cannot have a canary: no instance of it serves yet`,
      { hint: "deploy it first, without --canary" },
    );
  }
}

/** @throws {ZddError} if the template doesn't use the live switch for one of the services. */
export function requireLive(
  project: Project,
  services: readonly ServiceConfig[],
  state: State,
): void {
  const { live } = render(project, state);
  for (const service of services) {
    const { name } = service;
    // Workers run beside each other; they have no share of the requests.
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
