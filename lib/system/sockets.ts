import type { Address } from "./address.ts";
import { openFiles } from "./process.ts";

// Socket states of /proc/net/tcp (include/net/tcp_states.h) and /proc/net/unix.
const TCP_ESTABLISHED = "01";
const TCP_LISTEN = "0A";
const UNIX_CONNECTED = "03";

/** One line of `/proc/net/tcp` or `/proc/net/tcp6` (proc(5)). */
interface TcpSocket {
  host: string;
  port: number;
  state: string;
  inode: string;
}

/**
 * The number of established connections to a listening address, accepted or not:
 * those whose local end is that address.
 */
export function establishedConnections(address: Address): number {
  if ("path" in address) {
    return unixSockets().filter((socket) =>
      socket.path === address.path && socket.state === UNIX_CONNECTED
    ).length;
  }
  return tcpSockets(address.port).filter((socket) =>
    socket.state === TCP_ESTABLISHED && isHost(socket.host, address.host)
  ).length;
}

/** The inodes of the sockets that listen on an address. */
export function listeningInodes(address: Address): string[] {
  if ("path" in address) {
    return unixSockets().filter((socket) =>
      socket.path === address.path && socket.listening
    ).map((socket) => socket.inode);
  }
  return tcpSockets(address.port).filter((socket) =>
    socket.state === TCP_LISTEN && isHost(socket.host, address.host)
  ).map((socket) => socket.inode);
}

/** A TCP port that some processes listen on. */
export interface ListeningSocket {
  address: Extract<Address, { port: number }>;
  /** Those of the processes that have it open. */
  pids: number[];
}

/** The TCP ports that any of these processes listens on and this host can reach by loopback. */
export function listeningSockets(pids: number[]): ListeningSocket[] {
  const holding = new Map<string, number[]>();
  for (const pid of pids) {
    for (const file of openFiles(pid).values()) {
      const inode = /^socket:\[(\d+)\]$/.exec(file)?.[1];
      if (inode === undefined) continue;
      holding.set(inode, [...holding.get(inode) ?? [], pid]);
    }
  }
  return [...readSockets("/proc/net/tcp"), ...readSockets("/proc/net/tcp6")]
    .flatMap((socket) => {
      const { host, port, state, inode } = socket;
      const pids = [...new Set(holding.get(inode) ?? [])];
      const reachable = REACHABLE.get(host) ??
        (host.startsWith("127.") ? host : undefined);
      if (state !== TCP_LISTEN || pids.length === 0) return [];
      if (reachable === undefined) return [];
      return [{ address: { host: reachable, port }, pids }];
    });
}

/** Local addresses of listening sockets, and where they are reached. */
const REACHABLE = new Map([
  ["0.0.0.0", "127.0.0.1"],
  [`ipv6:${"0".repeat(32)}`, "127.0.0.1"],
  [`ipv6:${"0".repeat(24)}01000000`, "[::1]"],
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
  return host.includes(":") || host === wanted;
}

/** All TCP sockets whose local port is `port`. */
function tcpSockets(port: number): TcpSocket[] {
  const suffix = ":" + port.toString(16).toUpperCase().padStart(4, "0") + " ";
  const found: TcpSocket[] = [];
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = readOrEmpty(file);
    // A busy host has tens of thousands of lines: look at those with the port only.
    for (
      let at = text.indexOf(suffix);
      at !== -1;
      at = text.indexOf(suffix, at + 1)
    ) {
      const start = text.lastIndexOf("\n", at) + 1;
      const end = text.indexOf("\n", at);
      const socket = parseSocket(
        text.slice(start, end === -1 ? undefined : end),
      );
      // Or it was the remote end.
      if (socket.port === port) found.push(socket);
    }
  }
  return found;
}

/** All sockets of `/proc/net/tcp` or `/proc/net/tcp6`. */
function readSockets(file: string): TcpSocket[] {
  return readOrEmpty(file).split("\n").slice(1)
    .filter((line) => line !== "").map(parseSocket);
}

function parseSocket(line: string): TcpSocket {
  const fields = line.trim().split(/\s+/);
  const [host = "", port = ""] = (fields[1] ?? "").split(":");
  return {
    host: hostOf(host),
    port: parseInt(port, 16),
    state: fields[3] ?? "",
    inode: fields[9] ?? "",
  };
}

/** `0100007F` → `127.0.0.1`; IPv4 in IPv6 too; other IPv6 as hexadecimal with a colon. */
function hostOf(hex: string): string {
  const mapped = hex.startsWith("0000000000000000FFFF0000");
  if (hex.length === 32 && !mapped) return "ipv6:" + hex;
  const word = hex.slice(-8);
  // Each 32-bit word is printed in the host's byte order; zdd's targets are little-endian.
  return [6, 4, 2, 0].map((i) => parseInt(word.slice(i, i + 2), 16)).join(".");
}

interface UnixSocket {
  listening: boolean;
  state: string;
  inode: string;
  path: string;
}

/** The stream sockets of `/proc/net/unix` that have a path (proc(5)). */
function unixSockets(): UnixSocket[] {
  return readOrEmpty("/proc/net/unix").split("\n").slice(1).flatMap((line) => {
    const match = /^\S+ \S+ \S+ (\S+) \S+ (\S+) +(\d+) (.+)$/.exec(line);
    if (match === null) return [];
    const [, flags = "", state = "", inode = "", path = ""] = match;
    // __SO_ACCEPTCON, include/uapi/linux/net.h
    const listening = (parseInt(flags, 16) & 0x10000) !== 0;
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
