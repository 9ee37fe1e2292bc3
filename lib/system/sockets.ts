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

export type TcpAddress = Extract<Address, { port: number }>;
export type UnixAddress = Extract<Address, { path: string }>;

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

/** Identifies the socket at a path now, for {@linkcode Address}; undefined if there is none. */
export function socketFile(path: string): string | undefined {
  return fileOf(path);
}

/**
 * The sockets at a path, found by their file. The names they were bound to don't count: any
 * user can choose one, and a server may rename its socket.
 */
export function socketsOf(
  { path, file = fileOf(path) }: UnixAddress,
): UnixSocket[] {
  const sockets = unixSockets();
  const known = sockets.filter((socket) => socket.file === file);
  // On some file systems, stat(2) and the kernel have different numbers (overlayfs, btrfs).
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
  /** The processes, of those asked about, that have it open. */
  pids: number[];
}

/**
 * The TCP ports that any of these processes listens on and that can be reached by loopback.
 *
 * @param network a process in the network namespace in which they listen, if that isn't
 * zdd's; the loopback is the one there
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

/** Local addresses of listening sockets, and the hosts to reach them at. */
const REACHABLE = new Map([
  ["0.0.0.0", "127.0.0.1"],
  [`ipv6:${"0".repeat(32)}`, "127.0.0.1"],
  [`ipv6:${"0".repeat(31)}1`, "[::1]"],
]);
const ONLY_IPV6 = new Map([...REACHABLE.keys()].map((host) => [host, "[::1]"]));

/** Which of the processes have one of these sockets open. */
export function holders(inodes: string[], pids: number[]): number[] {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  return pids.filter((pid) =>
    [...openFiles(pid).values()].some((file) => wanted.has(file))
  );
}

/** Whether the host of a connection's end is, or may be, the wanted one. */
export function isHost({ host }: SocketEnd, wanted: string): boolean {
  return ANY.includes(wanted) || hostsOf(wanted).includes(host);
}

/** Whether a client that connects to a host may reach a listening socket. */
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

/** The addresses of a host, in the form that sockets have them. */
function hostsOf(host: string): string[] {
  if (host === "localhost") return ["127.0.0.1", ...hostsOf("[::1]")];
  if (!host.startsWith("[")) return [host];
  // URL normalizes it: no IPv4 at the end, and :: at most once.
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
 * @param network a process in the network namespace to look in; zdd's if undefined. zdd
 * would have to enter another namespace to ask the kernel there, but can read its /proc.
 */
export function tcpSockets(
  states: number,
  filter: SocketFilter = {},
  network?: number,
): TcpSocket[] {
  try {
    if (network === undefined) return askForTcpSockets(states, filter);
  } catch { /* read /proc instead */ }
  const place = network === undefined ? "/proc/net" : `/proc/${network}/net`;
  return [`${place}/tcp`, `${place}/tcp6`].flatMap((file) =>
    readSockets(file, states, filter)
  );
}

/** The sockets of `/proc/net/tcp` or `/proc/net/tcp6` (proc(5)). */
export function readSockets(
  file: string,
  states: number,
  { localPort, remotePort, eitherPorts = [] }: SocketFilter = {},
): TcpSocket[] {
  return readOrEmpty(file).split("\n").slice(1).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const local = endOf(fields[1]);
    const remote = endOf(fields[2]);
    const state = 1 << parseInt(fields[3] ?? "0", 16);
    if ((state & states) === 0) return [];
    if (local.port !== (localPort ?? local.port)) return [];
    if (remote.port !== (remotePort ?? remote.port)) return [];
    const isWanted = eitherPorts.length === 0 ||
      [local, remote].some(({ port }) => eitherPorts.includes(port));
    if (!isWanted) return [];
    return [{ local, remote, inode: fields[9] ?? "", state }];
  });
}

/** `0100007F:1F90` → `127.0.0.1`, 8080. */
function endOf(field = ""): SocketEnd {
  const [hex = "", port = ""] = field.split(":");
  return { host: hostOf(hex), port: parseInt(port, 16) };
}

/**
 * `0100007F` → `127.0.0.1`, also for IPv4 in IPv6; other IPv6 as `ipv6:` and 32 digits. The
 * kernel prints 32-bit words in the host's byte order, which is little-endian on all
 * machines that Deno runs on.
 */
function hostOf(hex: string): string {
  const bytes = hex.match(/.{8}/g)
    ?.flatMap((word) => word.match(/../g)?.reverse() ?? []) ?? [];
  const address = bytes.join("").toLowerCase();
  const mapped = address.startsWith("00000000000000000000ffff");
  if (bytes.length === 16 && !mapped) return `ipv6:${address}`;
  return bytes.slice(-4).map((byte) => parseInt(byte, 16)).join(".");
}

/** SS_CONNECTING (not accepted yet) and SS_CONNECTED of linux/net.h, as in /proc/net/unix. */
const UNIX_CONNECTED = ["02", "03"];
/** __SO_ACCEPTCON of linux/net.h. */
const ACCEPTS_CONNECTIONS = 0x10000;

/** The unix sockets that have a path, or were accepted from one that has one. */
export function unixSockets(): UnixSocket[] {
  try {
    return askForUnixSockets();
  } catch {
    return readUnixSockets("/proc/net/unix");
  }
}

/**
 * The sockets of `/proc/net/unix` (proc(5)). That lists only names, so each file is assumed
 * to be the one with that name now.
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
