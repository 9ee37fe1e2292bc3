import type { Address } from "../../system/address.ts";
import { hold } from "../../system/held.ts";
import { GivenAddress } from "./given.ts";
import type { AddressKind } from "./kind.ts";

/** zdd assigns the path of a unix socket, in `SOCKET`. */
export const socket: AddressKind = {
  isHttp: true,
  hint: "does it listen on the socket in SOCKET, or {socket} in `start`?",
  plan: (_, handedOut) => handedOut,
  locator: (sought) => new GivenAddress(sought),
  open: openSocket,
};

/**
 * Lets nginx's workers, which run as another user, connect to the socket at the path that
 * zdd assigned. A service that runs as another user than zdd must do this itself. Before
 * the switch, zdd checks that nginx has access.
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
