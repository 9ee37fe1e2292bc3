import { askForSockets, type Message, Question } from "./netlink.ts";

/** Sizes of struct inet_diag_req and inet_diag_msg in bytes (linux/inet_diag.h). */
const REQUEST = 60;
const MESSAGE = 72;
/** INET_DIAG_REQ_BYTECODE, and its operations. */
const BYTECODE = 1;
const JUMP = 1;
const LOCAL = 7;
const REMOTE = 8;
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
  /** One of `SocketState`. */
  state: number;
  /** Of one that listens on an IPv6 address: IPv4 doesn't reach it. */
  ipv6Only?: boolean;
}

/** What the kernel is to leave out: those with other ports. */
export interface SocketFilter {
  localPort?: number;
  remotePort?: number;
  /** The port of one end, whichever that is. */
  eitherPort?: number;
}

/**
 * The TCP sockets in some states. The kernel goes through all connections of the host for
 * that, those of the last minute too: ask once.
 *
 * @param states those of `SocketState`, as bits
 * @throws {Error} where the kernel or a sandbox doesn't answer.
 */
export function askForTcpSockets(
  states: number,
  filter: SocketFilter = {},
): TcpSocket[] {
  const request = requestFor(states, filter);
  return askForSockets(Question.tcp, request, MESSAGE).map(parse);
}

function requestFor(
  states: number,
  { localPort = 0, remotePort = 0, eitherPort }: SocketFilter,
): Uint8Array {
  const bytes = new Uint8Array(REQUEST);
  const view = new DataView(bytes.buffer);
  view.setUint16(4, localPort); // in network order, as the next; 0: any
  view.setUint16(6, remotePort);
  view.setUint32(52, states, true);
  return eitherPort === undefined
    ? bytes
    : new Uint8Array([...bytes, ...eitherEnd(eitherPort)]);
}

/**
 * An attribute with a filter: where one end has a port, the filter ends there; else it
 * looks at the other end. An operation says how many bytes further it goes on: if it holds,
 * and if not. Behind the end means no (inet_diag_bc_run in Linux).
 */
function eitherEnd(port: number): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length, true);
  view.setUint16(2, BYTECODE, true);
  condition(4, LOCAL);
  operation(16, JUMP, 4, 16); // a jump goes where others go that don't hold
  condition(20, REMOTE);
  return bytes;

  function operation(at: number, code: number, yes: number, no: number): void {
    view.setUint8(at, code);
    view.setUint8(at + 1, yes);
    view.setUint16(at + 2, no, true);
  }

  /** With a struct inet_diag_hostcond: any family, no bits of an address, a port. */
  function condition(at: number, code: number): void {
    operation(at, code, 12, 16);
    view.setInt32(at + 8, port, true);
  }
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
    state: 1 << body.getUint8(1),
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
