import { ZddError } from "../../error.ts";
import { type Address, formatAddress } from "../../system/address.ts";
import { processesOf } from "../../system/instance_mark.ts";
import { holders, listeningInodes } from "../../system/sockets.ts";
import type { Located, Locator, Sought, Started } from "./kind.ts";
import { namedProcess, topmost } from "./processes.ts";

/** zdd handed out the address: whichever of its processes listens there is the server. */
export class GivenAddress implements Locator {
  readonly #address: Address;

  constructor(readonly sought: Sought) {
    if (sought.address === undefined) throw new TypeError(sought.service.name);
    this.#address = sought.address;
  }

  look(start: Started): Located | string {
    const { id, pidFile } = this.sought;
    const address = this.#address;
    const missing = `nobody listens on ${formatAddress(address)}`;
    const inodes = listeningInodes(address);
    if (inodes.length === 0) return missing;
    const own = processesOf(id, start.leader);
    const listening = holders(inodes, own.map(({ pid }) => pid));
    if (listening.length === 0) {
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
