import { ZddError } from "../../error.ts";
import { isAlive } from "../../instance/processes.ts";
import type { State } from "../../state/state.ts";
import {
  abortCanary,
  keepWatched,
  promoteCanary,
  setCanary,
  swapStandby,
  takeBack,
} from "../../state/transitions.ts";
import { type Change, deploy } from "../deploy.ts";
import type { Outcome } from "../outcome.ts";
import type { Project } from "../read.ts";
import { requireNoCanary } from "./release.ts";
import type { RunOptions } from "../run.ts";

// Changes that move requests between running instances.

/**
 * Gives the canary another share of the requests.
 *
 * @param percent a whole number from 0 to 100
 * @param isWatched whether a watch follows, which ends the deploy
 * @throws {ZddError} if there is no canary.
 */
export function shareCanary(
  project: Project,
  percent: number,
  options: RunOptions,
  isWatched = false,
): Promise<Outcome> {
  return move("canary", project, options, (state) => {
    requireRunningCanary(state);
    return setCanary(project.config, state, percent);
  }, { isWatched });
}

/** Whether a release is watched that isn't a canary, so that it gets all requests. */
function isWatchedAlone({ watch, services }: State): boolean {
  return watch !== undefined &&
    Object.values(services).every(({ canary }) => canary === undefined);
}

/**
 * Makes the canary the current release, or ends the watch of the current release.
 *
 * @throws {ZddError} if there is neither.
 */
export function promote(
  project: Project,
  options: RunOptions,
): Promise<Outcome> {
  const { config } = project;
  return move("promote", project, options, (state) => {
    if (isWatchedAlone(state)) return keepWatched(config, state);
    requireRunningCanary(state);
    return keepWatched(config, promoteCanary(config, state));
  });
}

/**
 * Ends the canary, or takes back the release under watch: the previous one serves everything.
 *
 * @param reason the failure that causes this, and that is thrown at the end
 * @throws {ZddError} if there is neither.
 */
export function abort(
  project: Project,
  options: RunOptions,
  reason?: ZddError,
): Promise<Outcome> {
  return move("abort", project, options, (state) => {
    if (isWatchedAlone(state)) {
      requireStandby(state, state.watch?.kept);
      return takeBack(state);
    }
    requireCanary(state);
    return takeBack(abortCanary(project.config, state));
  }, { reason });
}

/**
 * Exchanges current and standby instances, so that a second rollback goes forward again.
 *
 * @throws {ZddError} if there is no standby that runs.
 */
export function rollback(
  project: Project,
  options: RunOptions,
): Promise<Outcome> {
  return move("rollback", project, options, (state) => {
    requireNoCanary(state);
    requireStandby(state);
    return { ...swapStandby(project.config, state), watch: undefined };
  });
}

function move(
  command: string,
  project: Project,
  options: RunOptions,
  next: (state: State) => State,
  change: Pick<Change, "reason" | "isWatched"> = {},
): Promise<Outcome> {
  const plan = (state: State) => {
    const moved = next(state);
    return { starts: [], next: () => moved };
  };
  return deploy(project, { command, plan, ...change }, options);
}

function requireCanary({ services }: State): void {
  if (Object.values(services).some(({ canary }) => canary)) return;
  throw new ZddError("There is no canary", {
    hint: "start one with zddeploy deploy --canary PERCENT",
  });
}

function requireRunningCanary(state: State): void {
  requireCanary(state);
  for (const [name, { canary }] of Object.entries(state.services)) {
    const dead = canary?.instances.find((instance) => !isAlive(instance));
    if (dead === undefined) continue;
    throw new ZddError(`The canary ${dead.process.pid} of ${name} has ended`, {
      hint: "end it with zddeploy abort, or start it again with zddeploy start",
    });
  }
}

function requireStandby(
  { services }: State,
  names: readonly string[] = Object.keys(services),
): void {
  const standby = Object.entries(services).flatMap(([name, own]) =>
    names.includes(name)
      ? own.standby.map((instance) => ({ name, instance }))
      : []
  );
  if (standby.length === 0) {
    throw new ZddError("There is no standby instance to roll back to", {
      hint: "deploy the earlier release; with standby: yes in its section, a " +
        "service keeps the previous instances running for this",
    });
  }
  for (const { name, instance } of standby) {
    if (isAlive(instance)) continue;
    throw new ZddError(
      `The standby instance ${instance.process.pid} of ${name} has ended`,
      { hint: "deploy the earlier release instead" },
    );
  }
}
