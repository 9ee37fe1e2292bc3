import type { ValuesOf } from "./keys.ts";
import type { PortKind } from "./values.ts";

// What deploy.conf says, read and checked: the values of its keys, as the table in keys.ts
// describes them, and what follows from them. Paths are absolute, times in ms.

export interface Config extends ValuesOf<"deploy"> {
  /** deploy.conf itself. */
  file: string;
  /** The directory of deploy.conf. */
  directory: string;
  nginx: NginxConfig;
  services: ServiceConfig[];
}

export interface NginxConfig extends Omit<ValuesOf<"nginx">, "conf"> {
  /** The template's path without `.template`. */
  rendered: string;
  /** The main configuration file, which is the rendered one or includes it. */
  conf: string;
}

export interface ServiceConfig
  extends Omit<ValuesOf<"service">, "envFile" | "log" | "port"> {
  name: string;
  /** That of its deploy.conf, by which the instances of two of them are told apart. */
  stateDir: string;
  /** How an instance comes by its address. */
  port: PortKind;
  /** The port of `fixed`; for `detect`, which one of several it is. */
  portNumber?: number;
  /** Where the output goes; if each instance has a log of its own, where a link leads to it. */
  log: string;
  /** Each instance has a log of its own, since deploy.conf names none. */
  ownLogs?: true;
  /** Its output goes to systemd's journal or to a container engine, and not to `log`. */
  journal?: true;
}

/** Whether a service has no address, so that no request is passed to it. */
export function isWorker({ port }: Pick<ServiceConfig, "port">): boolean {
  return port === "none";
}

/** Whether a service must never run twice: the old has ended before the new is started. */
export function stopsFirst(
  { replace }: Pick<ServiceConfig, "replace">,
): boolean {
  return replace === "stop-first";
}

/** Whether zdd hands out a service's addresses. */
export function hasSlots({ port }: Pick<ServiceConfig, "port">): boolean {
  return port === "env" || port === "socket";
}
