import { ZddError } from "../../error.ts";
import { type Address, formatAddress } from "../../system/address.ts";
import type { ProcessId } from "../../system/process.ts";
import { holders, listeningInodes } from "../../system/sockets.ts";
import type { Located, Locator, Sought, Started } from "./kind.ts";
import { topmost } from "../topmost.ts";
import { namedProcess } from "./named_process.ts";

/** zdd assigned the address: the process of the instance that listens there is the server. */
export class GivenAddress implements Locator {
  readonly #address: Address;

  constructor(readonly sought: Sought) {
    if (sought.address === undefined) throw new TypeError(sought.service.name);
    this.#address = sought.address;
  }

  look(start: Started): Located | string {
    const { pidFile } = this.sought;
    const address = this.#address;
    const missing = `nothing listens on ${formatAddress(address)}`;
    const inodes = listeningInodes(address);
    if (inodes.length === 0) return missing;
    const known = start.known();
    const own = known !== undefined && areHeld(inodes, known)
      ? known
      : start.processes();
    if (!areHeld(inodes, own)) {
      throw new ZddError(
        `another program listens on ${formatAddress(address)}`,
      );
    }
    if (pidFile !== undefined) {
      const process = namedProcess(pidFile, start);
      return typeof process === "string" ? process : { process, address };
    }
    const listening = holders(inodes, own.map(({ pid }) => pid));
    const process = topmost(own, listening, start.leader);
    return process === undefined ? missing : { process, address };
  }
}

/** Whether each of some sockets is held by at least one of the processes. */
function areHeld(inodes: string[], processes: ProcessId[]): boolean {
  const pids = processes.map(({ pid }) => pid);
  return inodes.every((inode) => holders([inode], pids).length > 0);
}
