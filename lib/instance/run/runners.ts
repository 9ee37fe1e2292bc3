import type { ServiceConfig } from "../../config/config.ts";
import type { Instance } from "../instance.ts";
import type { Plan } from "../plan.ts";
import type { ProcessId } from "../../system/process.ts";
import { containerRunner } from "./container.ts";
import { process } from "./process.ts";
import { systemd } from "./systemd.ts";
import type { Recognized, Runner, Tell } from "./runner.ts";

/** Every kind of runner. The first that takes a service runs its instances. */
const RUNNERS: Runner[] = [
  containerRunner("docker"),
  containerRunner("podman"),
  systemd,
  process,
];

/** What runs the instances of a service that are started now. */
export function runnerFor(service: ServiceConfig): Runner {
  return RUNNERS.find((runner) => runner.takes(service)) ?? process;
}

/**
 * Makes sure of what is to run some services.
 *
 * @throws {ZddError} with exit status 2, if one of them can't run anything here.
 */
export function requireRunners(services: ServiceConfig[]): void {
  for (const runner of RUNNERS) {
    const own = services.filter((service) => runnerFor(service) === runner);
    if (own.length > 0) runner.require?.(own);
  }
}

/**
 * Gets what some instances are made of, before any of them is begun.
 *
 * @throws {ZddError} if it can't be had.
 */
export async function prepareRunners(
  plans: readonly Plan[],
  tell: Tell,
  signal?: AbortSignal,
): Promise<void> {
  for (const runner of RUNNERS) {
    const own = plans.filter(({ service }) => runnerFor(service) === runner);
    if (own.length > 0) await runner.prepare?.(own, tell, signal);
  }
}

/**
 * Removes what is left of instances that have ended, of those services that run as they do now.
 *
 * @param known the ids of the instances that the state knows
 */
export async function tidyRunners(
  services: readonly ServiceConfig[],
  known: ReadonlySet<string>,
): Promise<void> {
  for (const runner of RUNNERS) {
    const own = services.find((service) => runnerFor(service) === runner);
    if (own !== undefined) await runner.tidy?.(own.stateDir, known);
  }
}

/**
 * Removes what services were made of in some releases.
 *
 * @param tell hears of each that was removed, or why it wasn't
 */
export async function pruneRunners(
  services: readonly ServiceConfig[],
  releases: readonly string[],
  tell: (what: string, problem?: string) => void,
): Promise<void> {
  for (const runner of RUNNERS) {
    const own = services.filter((service) => runnerFor(service) === runner);
    await runner.prune?.(own, releases, tell);
  }
}

/** What runs a process that is marked as part of an instance, if a runner recognizes it. */
export function recognize(
  id: string,
  process: ProcessId,
): Recognized & { runner: string } | undefined {
  for (const runner of RUNNERS) {
    const known = runner.recognize?.(id, process);
    if (known !== undefined) return { runner: runner.name, ...known };
  }
  return undefined;
}

/** What runs an instance that was started before, whatever its service says by now. */
export function runnerOf({ runner: name }: Pick<Instance, "runner">): Runner {
  return RUNNERS.find((runner) => runner.name === name) ?? process;
}
