import { ZddError } from "../../error.ts";
import { type Address, formatAddress } from "../../system/address.ts";
import { holders, listeningInodes } from "../../system/sockets.ts";
import type { Located, Locator, Sought, Started } from "./kind.ts";
import { topmost } from "../topmost.ts";
import { namedProcess } from "./named_process.ts";

/** zdd handed out the address: whichever of its processes listens there is the server. */
export class GivenAddress implements Locator {
  readonly #address: Address;

  constructor(readonly sought: Sought) {
    if (sought.address === undefined) throw new TypeError(sought.service.name);
    this.#address = sought.address;
  }

  look(start: Started): Located | string {
    const { pidFile } = this.sought;
    const address = this.#address;
    const missing = `nobody listens on ${formatAddress(address)}`;
    const inodes = listeningInodes(address);
    if (inodes.length === 0) return missing;
    const own = start.processes(true);
    const pids = own.map(({ pid }) => pid);
    const listening = holders(inodes, pids);
    if (inodes.some((inode) => holders([inode], pids).length === 0)) {
      throw new ZddError(
        `another program listens on ${formatAddress(address)}`,
      );
    }
    if (pidFile !== undefined) {
      const process = namedProcess(pidFile, start);
      return typeof process === "string" ? process : { process, address };
    }
    const process = topmost(own, listening, start.leader);
    return process === undefined ? missing : { process, address };
  }
}
