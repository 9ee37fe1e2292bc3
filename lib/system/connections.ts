import type { Address } from "./address.ts";
import { SocketState } from "./netlink.ts";
import { SharedRead } from "./shared_read.ts";
import {
  isHost,
  socketsOf,
  type TcpAddress,
  tcpSockets,
  type UnixAddress,
  unixSockets,
} from "./sockets.ts";
import { fileOf } from "./unix_diag.ts";

/** The states of a connection at the server's end, and at the client's. */
const TAKEN = SocketState.established | SocketState.synReceived;
const BEGUN = SocketState.established | SocketState.synSent;
/** From how many ports on it takes longer to compare each than to get all connections. */
const MANY = 128;

/** The ports that connections are counted for, and for how many addresses each. */
const ports = new Map<number, number>();

/** The connections of these ports. The kernel goes through all of the host for one answer. */
const ofPorts = new SharedRead(() =>
  tcpSockets(TAKEN | BEGUN, {
    eitherPorts: ports.size > MANY ? [] : [...ports.keys()],
  })
);

/**
 * The connections to a listening address, accepted or not, including those that a client on
 * this host is still opening. If a server accepts too slowly, the kernel drops packets until
 * there is room: a client's first one, which it sends again a second later, or its third
 * one, and then only the client's end is established.
 *
 * While there are several of these, one question to the kernel is enough for all of them.
 */
export class Connections implements Disposable {
  readonly #port?: number;

  constructor(readonly address: Address) {
    if ("path" in address) return;
    this.#port = address.port;
    const users = ports.get(this.#port) ?? 0;
    ports.set(this.#port, users + 1);
    if (users === 0) ofPorts.forget();
  }

  /**
   * The number of connections.
   *
   * @param notBefore when the kernel must have been asked at the earliest, in ms of
   * `performance.now()`; now by default
   */
  count(notBefore?: number): number {
    return "path" in this.address
      ? unixConnections(this.address)
      : new Set(clientsOf(this.address, notBefore)).size;
  }

  /** A `notBefore` with which none is missed; see {@linkcode SharedRead.turn}. */
  async turn(): Promise<number> {
    return await ofPorts.turn();
  }

  [Symbol.dispose](): void {
    if (this.#port === undefined) return;
    const users = ports.get(this.#port) ?? 0;
    if (users > 1) ports.set(this.#port, users - 1);
    else ports.delete(this.#port);
  }
}

/** The number of connections to an address now; see {@linkcode Connections}. */
export function openConnections(address: Address): number {
  using connections = new Connections(address);
  return connections.count();
}

/**
 * The clients at the server's end, and those at their own end on this host. In its own
 * network namespace, a server sees other clients than the host does.
 */
function clientsOf(
  { host, port, network }: TcpAddress,
  notBefore?: number,
): string[] {
  const own = ofPorts.get(notBefore);
  const there = network === undefined
    ? own
    : tcpSockets(TAKEN, { localPort: port }, network);
  const taken = there.filter(({ state, local }) =>
    (state & TAKEN) !== 0 && local.port === port && isHost(local, host)
  ).map(({ remote }) => remote);
  const begun = own.filter(({ state, remote }) =>
    (state & BEGUN) !== 0 && remote.port === port && isHost(remote, host)
  ).map(({ local }) => local);
  return [...taken, ...begun].map(({ host, port }) => `${host} ${port}`);
}

/** Connections that were accepted, and those that wait to be. */
function unixConnections({ path, file = fileOf(path) }: UnixAddress): number {
  const sockets = file === undefined
    // The file is gone, but its connections may not be.
    ? unixSockets().filter((socket) => socket.path === path)
    : socketsOf({ path, file });
  return sockets.reduce(
    (sum, { listening, waiting }) => sum + (listening ? waiting : 1),
    0,
  );
}
