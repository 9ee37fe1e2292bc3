import type { ServiceConfig } from "../config/config.ts";
import { type Address, formatAddress } from "../system/address.ts";
import { childrenOf } from "../system/children.ts";
import { identify, startedAt } from "../system/process.ts";
import { holders, listeningInodes } from "../system/sockets.ts";
import type { Instance } from "./instance.ts";
import { planInstance } from "./plan.ts";
import {
  currentPidFile,
  mayName,
  portFileOf,
  readPid,
  readPort,
} from "./port_file.ts";

/**
 * The running instances of a service that aren't in the state: those that `pid_file` names,
 * or the `NAME.current.pid` of the Python zdd. A pid alone proves nothing: the process or
 * one of its children must listen on the port in its port file. And the owner of the pid
 * file must be allowed to signal that process, or zdd would do it for them.
 */
export function findRunning(service: ServiceConfig): Instance[] {
  const found: Instance[] = [];
  for (let number = 1; number <= service.instances; number++) {
    const { pidFile, log, logLink } = planInstance(service, number);
    if (pidFile === undefined) continue;
    const candidates = [pidFile, currentPidFile(pidFile)];
    const instance = candidates.map((file) => lookInto(file, pidFile))
      .find((candidate) => candidate !== undefined);
    if (instance === undefined) continue;
    found.push({
      ...instance,
      id: `${service.name}-found-${instance.process.pid}`,
      service: service.name,
      number,
      log: logLink ?? log,
      pidFile,
    });
  }
  return found;
}

function lookInto(file: string, pidFile: string) {
  try {
    const pid = readPid(file);
    const process = pid === undefined ? undefined : identify(pid);
    if (process === undefined || !mayName(file, process.pid)) return undefined;
    const portFile = portFileOf(pidFile, process.pid);
    const address = readPort(portFile);
    if (address === undefined || !listens(process.pid, address)) {
      return undefined;
    }
    return {
      process,
      address: formatAddress(address),
      startedAt: new Date(startedAt(process.pid) ?? 0).toISOString(),
      portFile,
    };
  } catch {
    return undefined; // a pid or port file can't be read
  }
}

/** Whether a process or one of its children has the socket that listens on an address. */
function listens(pid: number, address: Address): boolean {
  const family = [pid, ...childrenOf(pid).map((child) => child.pid)];
  return holders(listeningInodes(address), family).length > 0;
}
