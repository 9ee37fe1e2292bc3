import { ZddError } from "../../error.ts";
import {
  type ListeningSocket,
  listeningSockets,
} from "../../system/sockets.ts";
import type { AddressKind, Located, Locator, Sought, Started } from "./kind.ts";
import { topmost } from "../topmost.ts";
import { namedProcess } from "./named_process.ts";

/** The service chooses a TCP port itself: zdd finds out where its processes listen. */
export const detect: AddressKind = {
  isHttp: true,
  hint: "does it accept connections there?",
  plan: () => undefined,
  locator: (sought) => new Detected(sought),
  confirm({ service: { portNumber } }, pids) {
    if (portNumber === undefined) requireOne(portsOf(listeningSockets(pids)));
  },
};

/** How long the ports must stay the same, in ms: the first may be one for metrics. */
const SETTLED = 1200;

/** Finds the port by the sockets of the service's processes. */
class Detected implements Locator {
  #seen = "";
  /** Since when exactly these ports are open, in ms of `performance.now()`. */
  #since = 0;

  constructor(readonly sought: Sought) {}

  look(start: Started): Located | string {
    const { pidFile, service: { portNumber } } = this.sought;
    const own = start.glance();
    const sockets = listeningSockets(own.map(({ pid }) => pid))
      .filter(({ address }) =>
        portNumber === undefined || address.port === portNumber
      );
    const ports = portsOf(sockets);
    requireOne(ports);
    const [socket] = sockets;
    if (socket === undefined) {
      return portNumber === undefined
        ? "none of its processes listens on a port that can be reached"
        : `none of its processes listens on port ${portNumber}`;
    }
    if (portNumber === undefined && !this.#isSettled(ports)) {
      return "it has just begun to listen";
    }
    const { address, pids } = socket;
    const process = pidFile === undefined
      ? topmost(own, pids, start.leader)
      : namedProcess(pidFile, start);
    if (process === undefined) return "the listening process is gone";
    return typeof process === "string" ? process : { process, address };
  }

  #isSettled(ports: number[]): boolean {
    const now = performance.now();
    const seen = ports.join();
    if (seen !== this.#seen) this.#since = now;
    this.#seen = seen;
    return now - this.#since >= SETTLED;
  }
}

function portsOf(sockets: ListeningSocket[]): number[] {
  return [...new Set(sockets.map(({ address }) => address.port))];
}

/** @throws {ZddError} if there are several. */
function requireOne(ports: number[]): void {
  if (ports.length < 2) return;
  throw new ZddError(
    `it listens on several ports: ${ports.join(", ")}; say which one ` +
      `serves with "port: detect ${ports[0]}"`,
    { hint: 'if they change at each start, use "port: env"' },
  );
}
