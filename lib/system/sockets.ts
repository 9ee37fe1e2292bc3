import type { Address } from "./address.ts";
import { openFiles } from "./process.ts";
import { askForSockets, SocketState, type TcpSocket } from "./sock_diag.ts";

/**
 * The number of established connections to a listening address, accepted or not:
 * those whose local end is that address.
 */
export function establishedConnections(address: Address): number {
  if ("path" in address) {
    return unixSockets().filter(({ path, listening, state }) =>
      path === address.path && !listening && UNIX_CONNECTED.includes(state)
    ).length;
  }
  return tcpSockets(SocketState.established, address.port)
    .filter(({ host }) => isHost(host, address.host)).length;
}

/** The inodes of the sockets that listen on an address. */
export function listeningInodes(address: Address): string[] {
  const sockets = "path" in address
    ? unixSockets().filter(({ path, listening }) =>
      path === address.path && listening
    )
    : tcpSockets(SocketState.listening, address.port)
      .filter(({ host }) => isHost(host, address.host));
  return sockets.map(({ inode }) => inode);
}

/** A TCP port that some processes listen on. */
export interface ListeningSocket {
  address: Extract<Address, { port: number }>;
  /** Those of the processes that have it open. */
  pids: number[];
}

/** The TCP ports that any of these processes listens on and this host can reach by loopback. */
export function listeningSockets(pids: number[]): ListeningSocket[] {
  const files = pids.map((pid) => ({
    pid,
    open: new Set(openFiles(pid).values()),
  }));
  return tcpSockets(SocketState.listening).flatMap(({ host, port, inode }) => {
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

/** Whether a socket's local host is the wanted one, or one that includes it or may be it. */
function isHost(host: string, wanted: string): boolean {
  const literal = /^\d+\.\d+\.\d+\.\d+$/.test(wanted);
  if (!literal || wanted === "0.0.0.0" || host === "0.0.0.0") return true;
  return host.startsWith("ipv6:") || host === wanted;
}

/** The TCP sockets in a state, with a local port if that is given. */
function tcpSockets(state: number, port?: number): TcpSocket[] {
  try {
    return askForSockets(state, port);
  } catch {
    return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
      readSockets(file, state, port)
    );
  }
}

/** The sockets of `/proc/net/tcp` or `/proc/net/tcp6` (proc(5)). */
export function readSockets(
  file: string,
  state: number,
  port?: number,
): TcpSocket[] {
  return readOrEmpty(file).split("\n").slice(1).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [hex = "", portHex = ""] = (fields[1] ?? "").split(":");
    const local = parseInt(portHex, 16);
    if (1 << parseInt(fields[3] ?? "0", 16) !== state) return [];
    if (port !== undefined && local !== port) return [];
    return [{ host: hostOf(hex), port: local, inode: fields[9] ?? "" }];
  });
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
