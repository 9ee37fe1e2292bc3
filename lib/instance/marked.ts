import { isWorker, type ServiceConfig } from "../config/config.ts";
import {
  type Address,
  formatAddress,
  parseAddress,
} from "../system/address.ts";
import { INSTANCE_VARIABLE } from "../system/instance_mark.ts";
import {
  allProcesses,
  environmentOf,
  identify,
  type ProcessId,
  startedAt,
} from "../system/process.ts";
import {
  holders,
  listeningInodes,
  listeningSockets,
} from "../system/sockets.ts";
import type { Instance } from "./instance.ts";
import { ownLog } from "./own_log.ts";
import { planInstance } from "./plan.ts";
import { recognize } from "./run/runners.ts";
import { SLOTS } from "./slots.ts";
import { workerAmong } from "./worker_process.ts";

/**
 * The instances of a service that zdd started and that still run, found by the environment
 * of their processes. Used if the state is lost. Newest first.
 */
export function findMarked(service: ServiceConfig): Instance[] {
  const families = new Map<string, ProcessId[]>();
  for (const { pid } of allProcesses()) {
    if (environmentOf(pid, "ZDD_STATE_DIR") !== service.stateDir) continue;
    if (environmentOf(pid, "ZDD_SERVICE") !== service.name) continue;
    const id = environmentOf(pid, INSTANCE_VARIABLE);
    const process = identify(pid);
    if (id === undefined || process === undefined) continue;
    families.set(id, [...families.get(id) ?? [], process]);
  }
  return [...families].flatMap(([id, family]) => {
    // A parent is older than its children.
    family.sort((a, b) => a.startTime - b.startTime);
    return describe(service, id, family) ?? [];
  }).sort((a, b) => b.process.startTime - a.process.startTime);
}

function describe(
  service: ServiceConfig,
  id: string,
  family: ProcessId[],
): Instance | undefined {
  const variable = (name: string) =>
    family[0] && environmentOf(family[0].pid, name);
  const { port, socket } = {
    port: variable("PORT"),
    socket: variable("SOCKET"),
  };
  const given = service.port === "env"
    ? parseAddress(port ?? "")
    : service.port === "socket"
    ? parseAddress(`unix:${socket}`)
    : undefined;
  const [first] = family;
  const { host, ...known } = first && recognize(id, first) || {};
  const found = isWorker(service)
    ? worker(family)
    : host !== undefined
    ? atPort(first, host, service.containerPort)
    : given === undefined
    ? detect(family)
    : listener(given, family);
  if (found === undefined) return undefined;
  const { process, address } = found;
  const [digits] = /^[1-9]\d{0,3}$/.exec(variable("ZDD_NUMBER") ?? "") ?? [];
  const number = Number(digits ?? 1);
  const { log, pidFile } = planInstance(service, number);
  return {
    id,
    service: service.name,
    number,
    process,
    address: address && formatAddress(address),
    slot: SLOTS.find((slot) => slot === variable("ZDD_SLOT")),
    startedAt: new Date(startedAt(process.pid) ?? 0).toISOString(),
    log: service.ownLogs ? ownLog(service, id) : log,
    pidFile,
    ...known,
  };
}

function atPort(process?: ProcessId, host?: string, port?: number) {
  if (process === undefined || host === undefined || port === undefined) {
    return undefined;
  }
  return { process, address: { host, port } };
}

interface Found {
  process: ProcessId;
  /** Undefined for a worker. */
  address?: Address;
}

function listener(address: Address, family: ProcessId[]): Found | undefined {
  const inodes = listeningInodes(address);
  const process = family.find(({ pid }) => holders(inodes, [pid]).length > 0);
  return process && { process, address };
}

function worker(family: ProcessId[]): Found | undefined {
  const [oldest] = family;
  const process = oldest && workerAmong(family, oldest);
  return process && { process };
}

function detect(family: ProcessId[]): Found | undefined {
  for (const process of family) {
    const [socket] = listeningSockets([process.pid]);
    if (socket !== undefined) return { process, address: socket.address };
  }
  return undefined;
}
