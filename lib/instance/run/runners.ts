import type { ServiceConfig } from "../../config/config.ts";
import type { Instance } from "../instance.ts";
import { process } from "./process.ts";
import type { Runner } from "./runner.ts";

/** Every kind of runner. The first that takes a service runs its instances. */
const RUNNERS: Runner[] = [process];

/** What runs the instances of a service that are started now. */
export function runnerFor(service: ServiceConfig): Runner {
  return RUNNERS.find((runner) => runner.takes(service)) ?? process;
}

/** What runs an instance that was started before, whatever its service says by now. */
export function runnerOf({ runner: name }: Pick<Instance, "runner">): Runner {
  return RUNNERS.find((runner) => runner.name === name) ?? process;
}
