import type { ServiceConfig } from "../../config/config.ts";
import type { Instance } from "../instance.ts";
import { process } from "./process.ts";
import { systemd } from "./systemd.ts";
import type { Runner } from "./runner.ts";

/** Every kind of runner. The first that takes a service runs its instances. */
const RUNNERS: Runner[] = [systemd, process];

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

/** What runs an instance that was started before, whatever its service says by now. */
export function runnerOf({ runner: name }: Pick<Instance, "runner">): Runner {
  return RUNNERS.find((runner) => runner.name === name) ?? process;
}
