import type { Config, ServiceConfig } from "../config/config.ts";
import { defaultsOf } from "../config/defaults.ts";
import { isRunning } from "../system/process.ts";
import type { ServiceState, State } from "../state/state.ts";

/** What is known of an instance whose service may have left deploy.conf. */
export interface Traces {
  service: string;
  pidFile?: string;
  log?: string;
}

/** The service of an instance; one that left deploy.conf meanwhile is stopped with SIGTERM. */
export function serviceOf(
  config: Config,
  { service: name, pidFile, log = "/dev/null" }: Traces,
): ServiceConfig {
  const service = config.services.find((service) => service.name === name);
  if (service !== undefined) return service;
  const { port, ...defaults } = defaultsOf("service", config.directory);
  const { stateDir } = config;
  return { ...defaults, ...port, name, stateDir, start: "", pidFile, log };
}

/** The services that have left deploy.conf while instances of theirs still run. */
export function formerServices(
  config: Config,
  { services }: State,
): ServiceConfig[] {
  return Object.entries(services).flatMap(([service, own]) => {
    if (config.services.some(({ name }) => name === service)) return [];
    return running(own).length > 0 ? [serviceOf(config, { service })] : [];
  });
}

/** What a person should know of such services. */
export function notesOnFormer(config: Config, state: State): string[] {
  return formerServices(config, state).map(({ name }) => {
    const pids = running(state.services[name]).join(", ");
    return `${name} isn't in deploy.conf any more, but ${pids} still runs; ` +
      `zddeploy stop --service ${name} ends it`;
  });
}

function running(own?: ServiceState): number[] {
  const { current = [], standby = [], canary } = own ?? {};
  return [...current, ...standby, ...canary?.instances ?? []]
    .filter(({ process }) => isRunning(process))
    .map(({ process }) => process.pid);
}
