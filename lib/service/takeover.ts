import type { ServiceConfig } from "../config/config.ts";
import { type Address, formatAddress } from "../system/address.ts";
import { identify, openFiles, startedAt } from "../system/process.ts";
import { childrenOf } from "../system/process.ts";
import { listeningInodes } from "../system/sockets.ts";
import type { Instance } from "./instance.ts";
import { currentPidFile, portFileOf, readPid, readPort } from "./pid_file.ts";

/**
 * The instance of a service that runs although no state knows it: the one that
 * `pid_file` names, or the `NAME.current.pid` of the Python zdd. A number alone proves
 * nothing; the process, or a child of it, must listen on the port of its port file.
 */
export function findRunning(service: ServiceConfig): Instance | undefined {
  const { pidFile } = service;
  for (const file of [pidFile, currentPidFile(pidFile)]) {
    try {
      const pid = readPid(file);
      const process = pid === undefined ? undefined : identify(pid);
      if (process === undefined) continue;
      const address = readPort(portFileOf(pidFile, process.pid));
      if (address === undefined || !listens(process.pid, address)) continue;
      return {
        id: `${service.name}-found-${process.pid}`,
        service: service.name,
        process,
        address: formatAddress(address),
        startedAt: new Date(startedAt(process.pid) ?? 0).toISOString(),
        log: service.log,
      };
    } catch {
      // A pid or port file that can't be read names nobody.
    }
  }
  return undefined;
}

/** Whether a process or one of its children has the socket that listens on an address. */
function listens(pid: number, address: Address): boolean {
  const inodes = new Set(
    listeningInodes(address).map((inode) => `socket:[${inode}]`),
  );
  const family = [pid, ...childrenOf(pid).map((child) => child.pid)];
  return family.some((member) =>
    [...openFiles(member).values()].some((file) => inodes.has(file))
  );
}
