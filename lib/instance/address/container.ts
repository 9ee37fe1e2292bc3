import { formatAddress } from "../../system/address.ts";
import { identify } from "../../system/process.ts";
import { listeningInodes } from "../../system/sockets.ts";
import type { AddressKind, Locator } from "./kind.ts";

/**
 * A container engine assigns an address. The service listens there on the port in
 * deploy.conf.
 */
export const container: AddressKind = {
  isHttp: true,
  hint: "does it listen on `container_port`, on all addresses (0.0.0.0)?",
  plan: () => undefined,
  locator: (): Locator => ({
    look({ leader, address }) {
      if (address === undefined) return "it has no address";
      if (listeningInodes(address).length === 0) {
        return `nothing listens on ${formatAddress(address)}`;
      }
      const process = identify(leader.pid);
      return process?.startTime === leader.startTime
        ? { process: leader, address }
        : "its first process is gone";
    },
  }),
};
