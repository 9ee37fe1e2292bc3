import type { ServiceConfig } from "../config/config.ts";
import { fingerprintOf, isSameFingerprint } from "../config/fingerprint.ts";
import { readIfExists } from "../system/files.ts";
import { isRunning } from "../system/process.ts";
import type { Project } from "./read.ts";
import { render } from "./render.ts";
import { serviceState, type State } from "../state/state.ts";

/**
 * Whether a release, if it is named, serves already, started as deploy.conf says now and
 * behind the nginx.conf that the template makes now: deploying it would change nothing.
 */
export async function serves(
  project: Project,
  services: ServiceConfig[],
  state: State,
  release?: string,
): Promise<boolean> {
  if (release === undefined || project.nginx.master() === undefined) {
    return false;
  }
  for (const service of services) {
    const { current } = serviceState(state, service.name);
    if (current.length !== service.instances) return false;
    if (!current.every(({ process }) => isRunning(process))) return false;
    // What is never replaced keeps what it was started with.
    if (service.port === "fixed") continue;
    const setup = await fingerprintOf(service);
    const isSame = current.every((instance) =>
      instance.release === release && isSameFingerprint(instance.setup, setup)
    );
    if (!isSame) return false;
  }
  const { text } = render(project, state);
  return text === readIfExists(project.config.nginx.rendered);
}
