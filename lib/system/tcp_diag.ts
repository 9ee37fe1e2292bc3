import { askForSockets, type Message } from "./netlink.ts";

const IPPROTO_TCP = 6;
/** IPv4, IPv6. */
const FAMILIES = [2, 10];

/** Sizes of struct inet_diag_req_v2 and inet_diag_msg in bytes (linux/inet_diag.h). */
const REQUEST = 56;
const MESSAGE = 72;
/** INET_DIAG_SKV6ONLY, which the kernel tells of those that listen. */
const IPV6_ONLY = 11;

/** One end of a TCP socket. */
export interface SocketEnd {
  /** `127.0.0.1`, IPv4 in IPv6 too; other IPv6 as `ipv6:` and 32 hexadecimal digits. */
  host: string;
  port: number;
}

/** A TCP socket, as the kernel tells. */
export interface TcpSocket {
  local: SocketEnd;
  remote: SocketEnd;
  inode: string;
  /** Of one that listens on an IPv6 address: IPv4 doesn't reach it. */
  ipv6Only?: boolean;
}

/** What the kernel is to leave out; 0 or undefined: nothing. */
export interface SocketFilter {
  localPort?: number;
  remotePort?: number;
}

/**
 * The TCP sockets in some states.
 *
 * @param states those of `SocketState`, as bits
 * @throws {Error} where the kernel or a sandbox doesn't answer.
 */
export function askForTcpSockets(
  states: number,
  filter: SocketFilter = {},
): TcpSocket[] {
  return FAMILIES.flatMap((family) =>
    askForSockets(requestFor(family, states, filter), MESSAGE).map(parse)
  );
}

function requestFor(
  family: number,
  states: number,
  { localPort = 0, remotePort = 0 }: SocketFilter,
): Uint8Array {
  const bytes = new Uint8Array(REQUEST);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, family);
  view.setUint8(1, IPPROTO_TCP);
  view.setUint32(4, states, true);
  view.setUint16(8, localPort); // in network order, as the next
  view.setUint16(10, remotePort);
  return bytes;
}

/** Reads a struct inet_diag_msg: family, state, …, two ports, two addresses, …, inode. */
function parse({ body, attributes }: Message): TcpSocket {
  const isIPv4 = body.getUint8(0) === 2;
  const hostAt = (offset: number) =>
    hostOf(isIPv4, new Uint8Array(body.buffer, body.byteOffset + offset, 16));
  return {
    local: { host: hostAt(8), port: body.getUint16(4) },
    remote: { host: hostAt(24), port: body.getUint16(6) },
    inode: String(body.getUint32(68, true)),
    ipv6Only: attributes.get(IPV6_ONLY)?.getUint8(0) === 1,
  };
}

function hostOf(isIPv4: boolean, bytes: Uint8Array): string {
  if (isIPv4) return bytes.subarray(0, 4).join(".");
  const hex = bytes.toHex();
  return hex.startsWith("00000000000000000000ffff")
    ? bytes.subarray(12).join(".")
    : `ipv6:${hex}`;
}
