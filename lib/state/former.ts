import type { Config } from "../config/config.ts";
import { isAlive } from "../instance/processes.ts";
import { instancesOf, type State } from "./state.ts";

/** A service that is no longer in deploy.conf while instances of it still run. */
export interface FormerService {
  name: string;
  pids: number[];
}

/** The services that are no longer in deploy.conf and run. Retiring instances don't count. */
export function formerServices(
  { services }: Pick<Config, "services">,
  state: State,
): FormerService[] {
  return Object.entries(state.services).flatMap(([name, own]) => {
    if (services.some((service) => service.name === name)) return [];
    const pids = instancesOf({ ...own, retiring: [] }).filter(isAlive)
      .map(({ process }) => process.pid);
    return pids.length > 0 ? [{ name, pids }] : [];
  });
}

/** Notes on these services for the user. */
export function notesOnFormer(
  config: Pick<Config, "services">,
  state: State,
): string[] {
  return formerServices(config, state).map(({ name, pids }) =>
    `${name} isn't in deploy.conf any more, but ${pids.join(", ")} still ` +
    `runs; zddeploy stop --service ${name} ends it`
  );
}
