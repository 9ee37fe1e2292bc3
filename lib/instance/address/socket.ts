import type { Address } from "../../system/address.ts";
import { hold } from "../../system/held.ts";
import { GivenAddress } from "./given.ts";
import type { AddressKind } from "./kind.ts";

/** zdd hands out the path of a unix socket in `SOCKET`. */
export const socket: AddressKind = {
  isHttp: true,
  hint: "does it listen on the socket in SOCKET, or {socket} in `start`?",
  plan: (_, handedOut) => handedOut,
  locator: (sought) => new GivenAddress(sought),
  open: openSocket,
};

/**
 * Lets nginx's workers, who are another user, connect to a socket at the path that zdd
 * handed out, as they can to a port. A service that runs as somebody else than zdd does
 * it by itself; whether nginx can is checked before the switch.
 */
function openSocket(address: Address): void {
  if (!("path" in address)) return;
  try {
    using socket = hold(address.path);
    if (socket.stat().isSocket) Deno.chmodSync(socket.path, 0o666);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}
