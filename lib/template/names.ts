import { dirname } from "@std/path";
import type { Config } from "../config/config.ts";
import {
  type Address,
  formatAddress,
  templateText,
} from "../system/address.ts";
import type { TemplateNames } from "./template.ts";

/** Stands in for an address that isn't known before the service has started. */
export const UNKNOWN_ADDRESS: Address = { host: "127.0.0.1", port: 1 };

/**
 * What the template can name: each service by its name, `nginx_pid_filename`,
 * `project_dir`, `nginx` and `services`.
 *
 * @param addresses where each service's instance listens, by its name
 * @param version asks nginx for its version, only if the template wants to know
 */
export function templateNames(
  config: Config,
  addresses: ReadonlyMap<string, Address>,
  version: () => string,
): TemplateNames {
  const services: Record<string, { address: string; port: string }> = {};
  const names: TemplateNames = {
    nginx_pid_filename: config.nginx.pidFile,
    project_dir: dirname(config.nginx.template),
    services,
    nginx: {
      get version() {
        return version();
      },
      atLeast: (wanted: string) => compareVersions(version(), wanted) >= 0,
    },
  };
  for (const { name } of config.services) {
    const address = addresses.get(name) ?? UNKNOWN_ADDRESS;
    names[name] = templateText(address);
    services[name] = {
      address: formatAddress(address),
      port: templateText(address),
    };
  }
  return names;
}

/** Compares versions such as `1.27.4` number by number: negative, zero or positive. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
