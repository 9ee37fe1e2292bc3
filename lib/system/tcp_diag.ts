import { askForSockets, type Message, Question } from "./netlink.ts";

/** Sizes of struct inet_diag_req and inet_diag_msg in bytes (linux/inet_diag.h). */
const REQUEST = 60;
const MESSAGE = 72;
/** INET_DIAG_REQ_BYTECODE and its operations. */
const BYTECODE = 1;
const JUMP = 1;
const LOCAL = 7;
const REMOTE = 8;
/**
 * Sizes in bytes of struct nlattr, of struct inet_diag_bc_op, and of one with a struct
 * inet_diag_hostcond.
 */
const ATTRIBUTE = 4;
const OPERATION = 4;
const CONDITION = 12;
/** INET_DIAG_SKV6ONLY, which the kernel adds for listening sockets. */
const IPV6_ONLY = 11;

/** One end of a TCP socket. */
export interface SocketEnd {
  /** `127.0.0.1`, also for IPv4 in IPv6; other IPv6 as `ipv6:` and 32 hexadecimal digits. */
  host: string;
  port: number;
}

/** A TCP socket, as the kernel describes it. */
export interface TcpSocket {
  local: SocketEnd;
  remote: SocketEnd;
  inode: string;
  /** One of `SocketState`. */
  state: number;
  /** For a socket listening on an IPv6 address: whether IPv4 clients can't reach it. */
  ipv6Only?: boolean;
}

/** The ports of the sockets wanted. The kernel leaves out all others. */
export interface SocketFilter {
  localPort?: number;
  remotePort?: number;
  /** The port of one end, whichever that is, is one of these. */
  eitherPorts?: readonly number[];
}

/**
 * The TCP sockets in some states. The kernel goes through all connections of the host,
 * including those of the last minute, so ask as seldom as possible.
 *
 * @param states of `SocketState`, as bits
 * @throws {Error} if the kernel or a sandbox refuses.
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
  { localPort = 0, remotePort = 0, eitherPorts = [] }: SocketFilter,
): Uint8Array {
  const bytes = new Uint8Array(REQUEST);
  const view = new DataView(bytes.buffer);
  view.setUint16(4, localPort); // in network order, like the next; 0 for any
  view.setUint16(6, remotePort);
  view.setUint32(52, states, true);
  return eitherPorts.length === 0
    ? bytes
    : new Uint8Array([...bytes, ...eitherEnd(eitherPorts)]);
}

/**
 * An attribute with a filter program: it compares the port of each end with each of some
 * ports, and accepts a socket at the first that is the same. An operation has two offsets in
 * bytes to the next one: for yes and for no. Exactly at the end, a socket is accepted; an
 * offset beyond the end rejects it (inet_diag_bc_run in Linux).
 */
function eitherEnd(ports: readonly number[]): Uint8Array {
  const conditions = ports.flatMap((port) =>
    [LOCAL, REMOTE].map((code) => ({ code, port }))
  );
  const end = ATTRIBUTE + conditions.length * (CONDITION + OPERATION) -
    OPERATION;
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, end, true);
  view.setUint16(2, BYTECODE, true);
  conditions.forEach(({ code, port }, i) => {
    const at = ATTRIBUTE + i * (CONDITION + OPERATION);
    // struct inet_diag_hostcond: any family and address, one port.
    operation(at, code, CONDITION, CONDITION + OPERATION);
    view.setInt32(at + 8, port, true);
    const jump = at + CONDITION;
    // A jump always uses the offset for no.
    if (jump < end) operation(jump, JUMP, OPERATION, end - jump);
  });
  return bytes;

  function operation(at: number, code: number, yes: number, no: number): void {
    view.setUint8(at, code);
    view.setUint8(at + 1, yes);
    view.setUint16(at + 2, no, true);
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
