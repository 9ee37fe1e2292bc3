import { chooseServices } from "../../config/choose.ts";
import { isWorker, type ServiceConfig } from "../../config/config.ts";
import { isAlive } from "../../instance/processes.ts";
import type { Instance } from "../../instance/instance.ts";
import { type State, stateOf } from "../../state/state.ts";
import { StateDir } from "../../state/state_dir.ts";
import { exists, readIfExists } from "../../system/files.ts";
import { checkProject } from "../look/check_project.ts";
import type { NginxAction } from "../outcome.ts";
import { changesSlots, requestAll } from "./plan_starts.ts";
import type { Project } from "../read.ts";
import { runsAsDeployed } from "../reload_switch.ts";
import {
  type ReleaseOptions,
  requireCurrent,
  requireLive,
  requireNoCanary,
  requireNoStopFirst,
  requireNoWatch,
  requirePausable,
  serves,
} from "./release.ts";
import {
  comparedServices,
  requireStepsWatched,
  watchTime,
} from "../watch/compared.ts";
import { render } from "../render.ts";
import { stopwatch } from "../report.ts";
import { presentState } from "../look/status.ts";

/** What a deploy would do now. */
export interface DryRunResult {
  dryRun: true;
  /** Whether it would change anything. */
  changed: boolean;
  nginx: { action: NginxAction; pid?: number };
  services: DryRunService[];
  /** The command during which requests would be held. */
  pause?: string;
  /** The shares of the requests that a canary would get one after the other, in percent. */
  shares?: readonly number[];
  /** How long the release would be watched at each step, in ms. */
  watch?: number;
  warnings: string[];
  ms: number;
}

/** What to deploy; see `deployRelease` and `deployWatched`. */
export interface DryRunOptions
  extends Pick<ReleaseOptions, "services" | "release" | "pause"> {
  /** The successive shares of the requests as a canary, in percent. */
  shares?: readonly number[];
  /** How long to watch, in ms; 0 for no watch. By default as in deploy.conf. */
  watch?: number;
}

export interface DryRunService {
  name: string;
  /** How many instances would be started. */
  starts: number;
  /** The pids of the instances that would be replaced, or kept as the standby. */
  replaces: number[];
  /** The pids of the present standby, which would be stopped. */
  stops: number[];
  /** Why nothing would be started. */
  why?: string;
}

/**
 * Checks everything that can be checked before a deploy, and returns what it would do. Takes
 * no lock and changes nothing; `nginx -t` may create nginx's own logs and directories.
 *
 * @throws {ZddError} if the deploy would fail, with its error.
 */
export async function dryRun(
  project: Project,
  options: DryRunOptions,
): Promise<DryRunResult> {
  const took = stopwatch();
  const { release, shares, pause } = options;
  const [canary] = shares ?? [];
  const chosen = chooseServices(
    project.config.services,
    options.services ?? [],
  );
  const { warnings } = await checkProject(project);
  const state = presentState(project);
  const directory = new StateDir(project.config.stateDir);
  if (exists(directory.journal)) {
    warnings.push(
      "a deploy is running, or was killed; what it left would be repaired first",
    );
  }
  requireNoWatch(state);
  requireNoCanary(state);
  const time = watchTime(project.config, options);
  requireStepsWatched(shares, time);
  const isComparable = time > 0 &&
    comparedServices(project, chosen, state) !== undefined;
  const master = project.nginx.master();
  const done = await serves(project, chosen, state, release);
  if (canary !== undefined && !done) {
    requireNoStopFirst(chosen);
    requireLive(project, chosen, state);
    requireCurrent(chosen, state);
  }
  const services = chosen.map((service) =>
    forService(service, state, { canary, serving: done ? release : undefined })
  );
  const starting = chosen.filter(({ name }) =>
    services.some((service) => service.name === name && service.starts > 0)
  );
  if (pause !== undefined && !done) {
    requirePausable(project, chosen, state, pause);
  }
  const isWatched = isComparable && !done;
  const action = done ? "unchanged" : nginxAction(project, state, starting);
  return {
    dryRun: true,
    changed: starting.length > 0 || action !== "unchanged",
    nginx: { action, pid: master?.pid },
    services,
    shares: done ? undefined : shares,
    pause: pause && !done ? [pause.command].flat().join(" ") : undefined,
    watch: isWatched ? time : undefined,
    warnings,
    ms: took(),
  };
}

function forService(
  service: ServiceConfig,
  state: State,
  { canary, serving }: { canary?: number; serving?: string },
): DryRunService {
  const { name } = service;
  const own = stateOf(state, name);
  const kept = { name, starts: 0, replaces: [], stops: [] };
  if (serving !== undefined) {
    return { ...kept, why: `release ${serving} serves already` };
  }
  const { numbers } = requestAll(service, state);
  if (numbers.length === 0) {
    return { ...kept, why: "it has a fixed port and runs" };
  }
  return {
    name,
    starts: numbers.length,
    replaces: canary === undefined ? pids(own.current) : [],
    stops: canary === undefined ? pids(own.standby) : [],
  };
}

/**
 * What nginx would be made to do. If another program has taken a port of the slot meanwhile,
 * the deploy needs a reload even though this returns `switched`.
 *
 * @param starting the services with instances that would be started
 */
function nginxAction(
  project: Project,
  state: State,
  starting: readonly ServiceConfig[],
): NginxAction {
  if (project.nginx.master() === undefined) return "started";
  const { text, live } = render(project, state);
  const isLoaded = text === readIfExists(project.config.nginx.rendered) &&
    runsAsDeployed(project, state.nginx);
  const isReloaded = (service: ServiceConfig) =>
    !isWorker(service) && !live.includes(service.name) ||
    changesSlots(requestAll(service, state), state);
  if (!isLoaded || starting.some(isReloaded)) return "reloaded";
  return starting.every(isWorker) ? "unchanged" : "switched";
}

function pids(instances: readonly Instance[]): number[] {
  return instances.filter(isAlive)
    .map(({ process }) => process.pid);
}
