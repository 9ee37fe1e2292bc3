import type { ValuesOf } from "./keys.ts";
import type { PortKind } from "./values.ts";

// The content of deploy.conf, read and checked: the values of its keys, as described in
// keys.ts, and what follows from them. Paths are absolute, times in ms.

export interface Config extends ValuesOf<"deploy"> {
  /** The path of deploy.conf. */
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
  /** The state directory of its deploy.conf, to distinguish the instances of two deploy.confs. */
  stateDir: string;
  /** How an instance gets its address. */
  port: PortKind;
  /** The port for `fixed`; for `detect`, which one if there are several. */
  portNumber?: number;
  /** The log file; with `ownLogs`, the link to the current log. */
  log: string;
  /** Each instance has its own log, since deploy.conf names none. */
  ownLogs?: true;
  /** The output goes to systemd's journal or to a container engine, not to `log`. */
  journal?: true;
}

/** Whether a service has no address, so that no request is passed to it. */
export function isWorker({ port }: Pick<ServiceConfig, "port">): boolean {
  return port === "none";
}

/** Whether a service must never run twice: old instances end before new ones start. */
export function stopsFirst(
  { replace }: Pick<ServiceConfig, "replace">,
): boolean {
  return replace === "stop-first";
}

/** Whether zdd assigns a service's addresses. */
export function hasSlots({ port }: Pick<ServiceConfig, "port">): boolean {
  return port === "env" || port === "socket";
}
