import { GivenAddress } from "./given.ts";
import type { AddressKind } from "./kind.ts";

/** Always the same TCP port, set in deploy.conf. */
export const fixed: AddressKind = {
  isHttp: false,
  hint: "does it listen on the port that `port` names?",
  plan: ({ portNumber: port }) =>
    port === undefined ? undefined : { host: "127.0.0.1", port },
  locator: (sought) => new GivenAddress(sought),
};
