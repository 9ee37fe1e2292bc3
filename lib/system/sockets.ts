import type { Address } from "./address.ts";
import { openFiles } from "./process.ts";
import {
  askForSockets,
  type SocketEnd,
  type SocketFilter,
  SocketState,
  type TcpSocket,
} from "./sock_diag.ts";

type TcpAddress = Extract<Address, { port: number }>;

/** The states of a server's end of a connection, and of a client's. */
const TAKEN = SocketState.established | SocketState.synReceived;
const BEGUN = SocketState.established | SocketState.synSent;

/**
 * The number of connections to a listening address, accepted or not, and of those that
 * somebody on this host is making. Where a server is slow to accept, the kernel drops
 * packets until there is room: a client's first, which it sends again a second later,
 * or its third, and then only the client's end is established.
 */
export function openConnections(address: Address): number {
  if ("path" in address) return unixConnections(address.path);
  const clients = [...takenFrom(address), ...begunBy(address)];
  return new Set(clients.map(({ host, port }) => `${host} ${port}`)).size;
}

/** Whether there is one. Where there are many on the host, that takes half as long. */
export function isConnected(address: Address): boolean {
  if ("path" in address) return unixConnections(address.path) > 0;
  return takenFrom(address).length > 0 || begunBy(address).length > 0;
}

/** The clients that a server knows. */
function takenFrom({ host, port }: TcpAddress): SocketEnd[] {
  return tcpSockets(TAKEN, { localPort: port })
    .filter(({ local }) => isHost(local, host)).map(({ remote }) => remote);
}

/** The clients on this host that know of the server. */
function begunBy({ host, port }: TcpAddress): SocketEnd[] {
  return tcpSockets(BEGUN, { remotePort: port })
    .filter(({ remote }) => isHost(remote, host)).map(({ local }) => local);
}

function unixConnections(wanted: string): number {
  return unixSockets().filter(({ path, listening, state }) =>
    path === wanted && !listening && UNIX_CONNECTED.includes(state)
  ).length;
}

/** The inodes of the sockets that listen on an address. */
export function listeningInodes(address: Address): string[] {
  const sockets = "path" in address
    ? unixSockets().filter(({ path, listening }) =>
      path === address.path && listening
    )
    : tcpSockets(SocketState.listening, { localPort: address.port })
      .filter(({ local }) => isHost(local, address.host));
  return sockets.map(({ inode }) => inode);
}

/** A TCP port that some processes listen on. */
export interface ListeningSocket {
  address: TcpAddress;
  /** Those of the processes that have it open. */
  pids: number[];
}

/** The TCP ports that any of these processes listens on and this host can reach by loopback. */
export function listeningSockets(pids: number[]): ListeningSocket[] {
  const files = pids.map((pid) => ({
    pid,
    open: new Set(openFiles(pid).values()),
  }));
  return tcpSockets(SocketState.listening).flatMap(({ local, inode }) => {
    const { host, port } = local;
    const reachable = REACHABLE.get(host) ??
      (host.startsWith("127.") ? host : undefined);
    const holding = files.filter(({ open }) => open.has(`socket:[${inode}]`))
      .map(({ pid }) => pid);
    if (reachable === undefined || holding.length === 0) return [];
    return [{ address: { host: reachable, port }, pids: holding }];
  });
}

/** Local addresses of listening sockets, and where they are reached. */
const REACHABLE = new Map([
  ["0.0.0.0", "127.0.0.1"],
  [`ipv6:${"0".repeat(32)}`, "127.0.0.1"],
  [`ipv6:${"0".repeat(31)}1`, "[::1]"],
]);

/** Those of the processes that have one of these sockets open. */
export function holders(inodes: string[], pids: number[]): number[] {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  return pids.filter((pid) =>
    [...openFiles(pid).values()].some((file) => wanted.has(file))
  );
}

/** Whether the host of a socket's end is the wanted one, or one that includes it or may be it. */
function isHost({ host }: SocketEnd, wanted: string): boolean {
  const literal = /^\d+\.\d+\.\d+\.\d+$/.test(wanted);
  if (!literal || wanted === "0.0.0.0" || host === "0.0.0.0") return true;
  return host.startsWith("ipv6:") || host === wanted;
}

/** The TCP sockets in some states. */
function tcpSockets(states: number, filter: SocketFilter = {}): TcpSocket[] {
  try {
    return askForSockets(states, filter);
  } catch {
    return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
      readSockets(file, states, filter)
    );
  }
}

/** The sockets of `/proc/net/tcp` or `/proc/net/tcp6` (proc(5)). */
export function readSockets(
  file: string,
  states: number,
  { localPort, remotePort }: SocketFilter = {},
): TcpSocket[] {
  return readOrEmpty(file).split("\n").slice(1).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const local = endOf(fields[1]);
    const remote = endOf(fields[2]);
    if ((1 << parseInt(fields[3] ?? "0", 16) & states) === 0) return [];
    if (local.port !== (localPort ?? local.port)) return [];
    if (remote.port !== (remotePort ?? remote.port)) return [];
    return [{ local, remote, inode: fields[9] ?? "" }];
  });
}

/** `0100007F:1F90` → `127.0.0.1`, 8080. */
function endOf(field = ""): SocketEnd {
  const [hex = "", port = ""] = field.split(":");
  return { host: hostOf(hex), port: parseInt(port, 16) };
}

/**
 * `0100007F` → `127.0.0.1`; IPv4 in IPv6 too; other IPv6 as `ipv6:` and 32 digits. The
 * kernel prints 32-bit words in the host's byte order, which is little-endian on all that
 * Deno runs on.
 */
function hostOf(hex: string): string {
  const bytes = hex.match(/.{8}/g)
    ?.flatMap((word) => word.match(/../g)?.reverse() ?? []) ?? [];
  const address = bytes.join("").toLowerCase();
  const mapped = address.startsWith("00000000000000000000ffff");
  if (bytes.length === 16 && !mapped) return `ipv6:${address}`;
  return bytes.slice(-4).map((byte) => parseInt(byte, 16)).join(".");
}

interface UnixSocket {
  listening: boolean;
  state: string;
  inode: string;
  path: string;
}

/** SS_CONNECTING, which is not accepted yet, and SS_CONNECTED of linux/net.h, as /proc/net/unix prints them. */
const UNIX_CONNECTED = ["02", "03"];
/** __SO_ACCEPTCON of linux/net.h. */
const ACCEPTS_CONNECTIONS = 0x10000;

/** The sockets of `/proc/net/unix` that have a path (proc(5)). */
function unixSockets(): UnixSocket[] {
  return readOrEmpty("/proc/net/unix").split("\n").slice(1).flatMap((line) => {
    const match = /^\S+ \S+ \S+ (\S+) \S+ (\S+) +(\d+) (.+)$/.exec(line);
    if (match === null) return [];
    const [, flags = "", state = "", inode = "", path = ""] = match;
    const listening = (parseInt(flags, 16) & ACCEPTS_CONNECTIONS) !== 0;
    return [{ listening, state, inode, path }];
  });
}

function readOrEmpty(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return ""; // a kernel without IPv6 has no tcp6
  }
}
