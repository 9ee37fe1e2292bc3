import { dirname } from "@std/path";
import {
  type Config,
  hasSlots,
  isWorker,
  type ServiceConfig,
} from "../config/config.ts";
import { type Slot, type Slots, slotsOf } from "../instance/slots.ts";
import { parseAddress, portText } from "../system/address.ts";
import { withSlashes } from "../system/platform.ts";
import { compareVersions } from "../nginx/version.ts";
import type { LivePlan } from "./plan.ts";
import { hasNoAddress, type LiveService } from "./service.ts";
import { LiveSnippets } from "./snippets.ts";
import type { TemplateNames } from "../template/template.ts";

/** A placeholder for an address that is unknown until the service has started. */
const UNKNOWN_ADDRESS = "127.0.0.1:1";

/** Where a service's instances are. */
export interface Whereabouts {
  current: readonly { address?: string; slot?: Slot }[];
  slots?: Slots;
}

/**
 * The names for the template: each service's name, `nginx_pid_filename`, `project_dir`,
 * `nginx`, `services`, `servers` and `live`.
 *
 * @param places where each service's instances are, by service name
 * @param version asks nginx for its version, only if the template needs it
 * @param plan from the first rendering
 * @param defaultLog asks nginx where it logs by default
 * @returns the names, the live snippets, and the services whose addresses were read while
 * the template was rendered
 */
export function templateNames(
  config: Config,
  places: Readonly<Record<string, Whereabouts>>,
  version: () => string,
  plan?: LivePlan,
  defaultLog: () => string = () => "",
): { names: TemplateNames; live: LiveSnippets; read: ReadonlySet<string> } {
  const read = new Set<string>();
  const services: Record<string, { address: string; addresses: string[] }> = {};
  const nginxAtLeast = (wanted: string) =>
    compareVersions(version(), wanted) >= 0;
  const workers = config.services.filter(isWorker).map(({ name }) => name);
  const live = new LiveSnippets({
    stateDir: config.stateDir,
    workers,
    services: new Map(config.services.map((service) => [
      service.name,
      liveService(service, places[service.name]),
    ])),
    nginxAtLeast,
    defaultLog,
  }, plan);
  const names: TemplateNames = {
    nginx_pid_filename: withSlashes(config.nginx.pidFile),
    project_dir: withSlashes(dirname(config.nginx.template)),
    services: new Proxy(services, {
      get(target, name) {
        if (typeof name === "string") {
          read.add(name);
          if (workers.includes(name)) throw hasNoAddress(name);
        }
        return Reflect.get(target, name);
      },
    }),
    servers: (name: string) => {
      read.add(name);
      if (workers.includes(name)) throw hasNoAddress(name);
      const service = services[name];
      if (service === undefined) {
        throw new ReferenceError(`There is no service "${name}"`);
      }
      return service.addresses.map((at) => `server ${at};`).join(" ");
    },
    nginx: {
      get version() {
        return version();
      },
      atLeast: nginxAtLeast,
    },
    live,
  };
  for (const { name, instances } of config.services) {
    const known = places[name]?.current.flatMap(({ address }) =>
      address ?? []
    ) ?? [];
    const addresses = known.length > 0
      ? known
      : Array<string>(instances).fill(UNKNOWN_ADDRESS);
    const address = addresses[0] ?? UNKNOWN_ADDRESS;
    // No workers: a loop over all services passes requests to them.
    if (!workers.includes(name)) services[name] = { address, addresses };
    Object.defineProperty(names, name, {
      enumerable: true,
      get() {
        read.add(name);
        if (workers.includes(name)) throw hasNoAddress(name);
        const parsed = parseAddress(address);
        if (instances > 1 || parsed === undefined) {
          throw new TypeError(
            `${name} has ${instances} instances, not one port: write ` +
              `<%= it.servers("${name}") %>`,
          );
        }
        return portText(parsed);
      },
    });
  }
  return { names, live, read };
}

function liveService(
  { name, port, instances, keepalive, standby }: ServiceConfig,
  { current = [], slots }: Partial<Whereabouts> = {},
): LiveService {
  // Running instances may have been started with another `port`.
  const inSlots = hasSlots({ port }) &&
    current.every(({ slot }) => slot !== undefined);
  const unknown = Array<string>(instances).fill(UNKNOWN_ADDRESS);
  const coming = Object.fromEntries(
    slotsOf({ standby }).map((slot) => [slot, unknown]),
  );
  const own = inSlots ? slots ?? coming : undefined;
  return { name, instances, keepalive, slots: own };
}
