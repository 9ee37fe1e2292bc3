import type { Config, ServiceConfig } from "../config/config.ts";

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
  return service ?? {
    name,
    stateDir: config.stateDir,
    start: "",
    stop: "kill -TERM",
    pidFile,
    cwd: config.directory,
    port: "file",
    instances: 1,
    standby: false,
    log,
    env: {},
    startTimeout: 0,
    drainTimeout: 30_000,
    stopTimeout: 10_000,
  };
}
