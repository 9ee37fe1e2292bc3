import type { ServiceConfig } from "../../lib/config/config.ts";
import { ConfDir, NGINX, WEB } from "../config/conf_dir.ts";
import type { TempDir } from "../system/temp_dir.ts";

/** A service in a directory, with short times; the rest is as deploy.conf has it by default. */
export function serviceIn(
  directory: TempDir,
  overrides: Partial<ServiceConfig> = {},
): ServiceConfig {
  const stateDir = directory.join(".zdd");
  using conf = new ConfDir(NGINX, WEB, `[deploy]\nstate_dir: ${stateDir}`);
  const [service] = conf.config().services;
  if (service === undefined) throw new TypeError("no service");
  return {
    ...service,
    start: "true",
    pidFile: directory.join("web.pid"),
    cwd: directory.path,
    log: directory.join("web.log"),
    ownLogs: undefined,
    startTimeout: 10_000,
    drainTimeout: 10_000,
    stopTimeout: 10_000,
    ...overrides,
  };
}
