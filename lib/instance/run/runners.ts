import type { ServiceConfig } from "../../config/config.ts";
import type { Instance } from "../instance.ts";
import type { Plan } from "../plan.ts";
import type { ProcessId } from "../../system/process.ts";
import { containerRunner } from "./container.ts";
import { process } from "./process.ts";
import { systemd } from "./systemd.ts";
import type { Recognized, Runner, Tell } from "./runner.ts";

/** All runners. The first that takes a service runs its instances. */
const RUNNERS: Runner[] = [
  containerRunner("docker"),
  containerRunner("podman"),
  systemd,
  process,
];

/** The runner for new instances of a service. */
export function runnerFor(service: ServiceConfig): Runner {
  return RUNNERS.find((runner) => runner.takes(service)) ?? process;
}

/**
 * Makes sure that the runners of some services work.
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
 * Gets what instances need before any of them is started.
 *
 * @throws {ZddError} if that fails.
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
 * Removes what is left of ended instances in the current runners of some services.
 *
 * @param known the ids of the instances in the state
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
 * Removes what services needed in some releases, such as images.
 *
 * @param tell called for each thing removed, or with the reason if it wasn't
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

/** The runner of a process that is marked with an instance's id, if one recognizes it. */
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

/** The runner of a known instance, whatever runner its service has now. */
export function runnerOf({ runner: name }: Pick<Instance, "runner">): Runner {
  return RUNNERS.find((runner) => runner.name === name) ?? process;
}
