import type { ServiceConfig } from "../config/config.ts";
import { type Address, parseAddress, portText } from "../system/address.ts";
import { addressKind } from "./address/kinds.ts";
import { newInstanceId } from "./instance.ts";
import { ownLog } from "./own_log.ts";
import type { Slot } from "./slots.ts";

/** An instance before it is started: what to run, and how. */
export interface Plan {
  id: string;
  service: ServiceConfig;
  /** 1, 2, … among the instances of the service. */
  number: number;
  start: string;
  /** The image of its container. */
  image?: string;
  pidFile?: string;
  log: string;
  /** The link to the log, if each instance has its own. */
  logLink?: string;
  env: Record<string, string>;
  /** The address that zdd assigns; undefined if the service chooses. */
  address?: Address;
  slot?: Slot;
  /** The name given with `--release`. */
  release?: string;
}

/** The name of an image with the release filled in, if there is one. */
export function imageOf(image: string, release = "{release}"): string {
  return image.replaceAll("{release}", release);
}

/**
 * Plans one instance of a service: fills in `{instance}`, `{port}` and `{socket}`,
 * and exports `PORT` or `SOCKET`, and `ZDD_RELEASE`.
 */
export function planInstance(
  service: ServiceConfig,
  number: number,
  given?: { slot: Slot; address: string },
  release?: string,
): Plan {
  const address = addressKind(service)
    .plan(service, given && parseAddress(given.address));
  const values: Record<string, string> = { instance: String(number) };
  const exported: Record<string, string> = {};
  if (address !== undefined) {
    const [name, text] = "path" in address
      ? ["socket", address.path]
      : ["port", portText(address)];
    values[name] = text;
    exported[name.toUpperCase()] = text;
  }
  const fill = (text: string) =>
    text.replace(
      /(?<!\$)\{(instance|port|socket)\}/g,
      (written, name: string) => values[name] ?? written,
    );
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(service.env)) {
    env[name] = fill(value);
  }
  const id = newInstanceId(service.name);
  const log = fill(service.log);
  return {
    id,
    service,
    number,
    start: fill(service.start),
    image: service.image && imageOf(service.image, release),
    pidFile: service.pidFile && fill(service.pidFile),
    log: service.ownLogs ? ownLog(service, id) : log,
    logLink: service.ownLogs ? log : undefined,
    env: {
      ...env,
      ...exported,
      ZDD_STATE_DIR: service.stateDir,
      ZDD_SERVICE: service.name,
      ZDD_NUMBER: String(number),
      ...given && { ZDD_SLOT: given.slot },
      ...release !== undefined && { ZDD_RELEASE: release },
    },
    address,
    slot: given?.slot,
    release,
  };
}
