import { type Address, connectHost } from "./address.ts";
import { SocketState } from "./netlink.ts";
import { openFiles } from "./process.ts";
import {
  askForTcpSockets,
  type SocketEnd,
  type SocketFilter,
  type TcpSocket,
} from "./tcp_diag.ts";
import { askForUnixSockets, fileOf, type UnixSocket } from "./unix_diag.ts";

type TcpAddress = Extract<Address, { port: number }>;
type UnixAddress = Extract<Address, { path: string }>;

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
  if ("path" in address) return unixConnections(address);
  return new Set(clientsOf(address)).size;
}

/** Whether there is one. */
export function isConnected(address: Address): boolean {
  return openConnections(address) > 0;
}

/**
 * The clients that a server knows, and those on this host that know of the server. In a
 * network of its own it knows others of its clients than the host does.
 */
function clientsOf({ host, port, network }: TcpAddress): string[] {
  const own = tcpSockets(TAKEN | BEGUN, { eitherPort: port });
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

/** Those that were accepted, and those that wait for it. */
function unixConnections({ path, file = fileOf(path) }: UnixAddress): number {
  const sockets = file === undefined
    // It is gone, but its connections may not be.
    ? unixSockets().filter((socket) => socket.path === path)
    : socketsOf({ path, file });
  return sockets.reduce(
    (sum, { listening, waiting }) => sum + (listening ? waiting : 1),
    0,
  );
}

/** The inodes of the sockets that a client of an address may reach. */
export function listeningInodes(address: Address): string[] {
  const sockets = "path" in address
    ? socketsOf(address).filter(({ listening }) => listening)
    : tcpSockets(
      SocketState.listening,
      { localPort: address.port },
      address.network,
    ).filter((socket) => isReached(socket, address.host));
  return sockets.map(({ inode }) => inode);
}

/** The file of the socket that has a path now, as {@linkcode Address} may have it; undefined if none has it. */
export function socketFile(path: string): string | undefined {
  return fileOf(path);
}

/**
 * The sockets at a path. Not the names that they were bound to count, which anybody can
 * choose and a server may change, but the file.
 */
function socketsOf({ path, file = fileOf(path) }: UnixAddress): UnixSocket[] {
  const sockets = unixSockets();
  const known = sockets.filter((socket) => socket.file === file);
  // Some file systems show stat(2) other numbers than the kernel has (overlayfs, btrfs).
  return known.length > 0
    ? known
    : sockets.filter((socket) =>
      socket.path === path && inodeOf(socket.file) === inodeOf(file)
    );
}

function inodeOf(file?: string): string | undefined {
  return file?.split(" ")[1];
}

/** A TCP port that some processes listen on. */
export interface ListeningSocket {
  address: TcpAddress;
  /** Those of the processes that have it open. */
  pids: number[];
}

/**
 * The TCP ports that any of these processes listens on and this host can reach by loopback.
 *
 * @param network a process in whose network namespace they listen, if it is another: then
 * it is loopback there
 */
export function listeningSockets(
  pids: number[],
  network?: number,
): ListeningSocket[] {
  const files = pids.map((pid) => ({
    pid,
    open: new Set(openFiles(pid).values()),
  }));
  return tcpSockets(SocketState.listening, {}, network).flatMap((socket) => {
    const { local: { host, port }, inode, ipv6Only } = socket;
    const reachable = (ipv6Only ? ONLY_IPV6 : REACHABLE).get(host) ??
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
const ONLY_IPV6 = new Map([...REACHABLE.keys()].map((host) => [host, "[::1]"]));

/** Those of the processes that have one of these sockets open. */
export function holders(inodes: string[], pids: number[]): number[] {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  return pids.filter((pid) =>
    [...openFiles(pid).values()].some((file) => wanted.has(file))
  );
}

/** Whether the host of a connection's end is the wanted one, or may be. */
function isHost({ host }: SocketEnd, wanted: string): boolean {
  return ANY.includes(wanted) || hostsOf(wanted).includes(host);
}

/** Whether a client of a host may reach a socket that listens. */
function isReached(
  { local: { host }, ipv6Only }: TcpSocket,
  wanted: string,
): boolean {
  return hostsOf(connectHost(wanted)).some((target) =>
    target === host || host === ANY_IPV6 && !(ipv6Only && isIPv4(target)) ||
    host === "0.0.0.0" && isIPv4(target)
  );
}

const ANY = ["0.0.0.0", "*", "[::]"];
const ANY_IPV6 = `ipv6:${"0".repeat(32)}`;

function isIPv4(host: string): boolean {
  return !host.startsWith("ipv6:");
}

/** The addresses that a host means, as sockets have them. */
function hostsOf(host: string): string[] {
  if (host === "localhost") return ["127.0.0.1", ...hostsOf("[::1]")];
  if (!host.startsWith("[")) return [host];
  // A URL has no IPv4 at its end any more, and :: once at most.
  const [left = "", right] = new URL(`http://${host}`).hostname.slice(1, -1)
    .split("::");
  const digits = (part = "") =>
    part.split(":").map((group) => group && group.padStart(4, "0")).join("");
  const [begin, end] = [digits(left), digits(right)];
  const hex = begin + "0".repeat(32 - begin.length - end.length) + end;
  if (!hex.startsWith("00000000000000000000ffff")) return [`ipv6:${hex}`];
  return [
    hex.slice(24).match(/../g)?.map((byte) => parseInt(byte, 16)).join(".") ??
      "",
  ];
}

/**
 * The TCP sockets in some states.
 *
 * @param network a process in whose network namespace they are; else this one's. To ask the
 * kernel there, zdd would have to enter it; what it has written down is for everybody.
 */
function tcpSockets(
  states: number,
  filter: SocketFilter = {},
  network?: number,
): TcpSocket[] {
  try {
    if (network === undefined) return askForTcpSockets(states, filter);
  } catch { /* it is written down, too */ }
  const place = network === undefined ? "/proc/net" : `/proc/${network}/net`;
  return [`${place}/tcp`, `${place}/tcp6`].flatMap((file) =>
    readSockets(file, states, filter)
  );
}

/** The sockets of `/proc/net/tcp` or `/proc/net/tcp6` (proc(5)). */
export function readSockets(
  file: string,
  states: number,
  { localPort, remotePort, eitherPort }: SocketFilter = {},
): TcpSocket[] {
  return readOrEmpty(file).split("\n").slice(1).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const local = endOf(fields[1]);
    const remote = endOf(fields[2]);
    const state = 1 << parseInt(fields[3] ?? "0", 16);
    if ((state & states) === 0) return [];
    if (local.port !== (localPort ?? local.port)) return [];
    if (remote.port !== (remotePort ?? remote.port)) return [];
    if (![local.port, remote.port].includes(eitherPort ?? local.port)) {
      return [];
    }
    return [{ local, remote, inode: fields[9] ?? "", state }];
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

/** SS_CONNECTING, which is not accepted yet, and SS_CONNECTED of linux/net.h, as /proc/net/unix prints them. */
const UNIX_CONNECTED = ["02", "03"];
/** __SO_ACCEPTCON of linux/net.h. */
const ACCEPTS_CONNECTIONS = 0x10000;

/** The unix sockets that have a path, or were accepted from one that has. */
function unixSockets(): UnixSocket[] {
  try {
    return askForUnixSockets();
  } catch {
    return readUnixSockets("/proc/net/unix");
  }
}

/**
 * The sockets of `/proc/net/unix` (proc(5)). That has names only: the file is taken for the
 * one that has the name now.
 */
export function readUnixSockets(file: string): UnixSocket[] {
  return readOrEmpty(file).split("\n").slice(1).flatMap((line) => {
    const match = /^\S+ \S+ \S+ (\S+) \S+ (\S+) +(\d+) (.+)$/.exec(line);
    if (match === null) return [];
    const [, flags = "", state = "", inode = "", path = ""] = match;
    const listening = (parseInt(flags, 16) & ACCEPTS_CONNECTIONS) !== 0;
    if (!listening && !UNIX_CONNECTED.includes(state)) return [];
    return [{ listening, inode, path, file: fileOf(path) ?? "", waiting: 0 }];
  });
}

function readOrEmpty(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return ""; // a kernel without IPv6 has no tcp6
  }
}
