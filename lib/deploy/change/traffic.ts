import { ZddError } from "../../error.ts";
import { isAlive } from "../../instance/processes.ts";
import type { State } from "../../state/state.ts";
import {
  abortCanary,
  promoteCanary,
  setCanary,
  swapStandby,
} from "../../state/transitions.ts";
import { deploy } from "../deploy.ts";
import type { Outcome } from "../outcome.ts";
import type { Project } from "../read.ts";
import { requireNoCanary } from "./release.ts";
import type { RunOptions } from "../run.ts";

// What moves requests between instances that run already.

/**
 * Gives the canary another share of the requests.
 *
 * @param percent a whole number from 0 to 100
 * @throws {ZddError} if there is no canary.
 */
export function shareCanary(
  project: Project,
  percent: number,
  options: RunOptions,
): Promise<Outcome> {
  return move("canary", project, options, (state) => {
    requireRunningCanary(state);
    return setCanary(project.config, state, percent);
  });
}

/** Makes the canary the current release. @throws {ZddError} if there is none. */
export function promote(
  project: Project,
  options: RunOptions,
): Promise<Outcome> {
  return move("promote", project, options, (state) => {
    requireRunningCanary(state);
    return promoteCanary(project.config, state);
  });
}

/** Ends the canary; the current release serves all. @throws {ZddError} if there is none. */
export function abort(project: Project, options: RunOptions): Promise<Outcome> {
  return move("abort", project, options, (state) => {
    requireCanary(state);
    return abortCanary(project.config, state);
  });
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
    return swapStandby(project.config, state);
  });
}

function move(
  command: string,
  project: Project,
  options: RunOptions,
  next: (state: State) => State,
): Promise<Outcome> {
  const plan = (state: State) => {
    const moved = next(state);
    return { starts: [], next: () => moved };
  };
  return deploy(project, { command, plan }, options);
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

function requireStandby({ services }: State): void {
  const standby = Object.entries(services).flatMap(([name, own]) =>
    own.standby.map((instance) => ({ name, instance }))
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
