import { GivenAddress } from "./given.ts";
import type { AddressKind } from "./kind.ts";

/** zdd assigns a TCP port, in `PORT`. */
export const env: AddressKind = {
  isHttp: true,
  hint: "does it listen on the port in PORT, or {port} in `start`?",
  plan: (_, handedOut) => handedOut,
  locator: (sought) => new GivenAddress(sought),
};
