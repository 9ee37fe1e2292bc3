// What ss(8) does: asking the kernel for TCP sockets by netlink (sock_diag(7)). It
// leaves out what isn't asked for, whereas /proc/net/tcp lists every connection of the
// last minute, and takes most of a second where there are a hundred thousand.

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const IPPROTO_TCP = 6;
/** IPv4, IPv6. */
const FAMILIES = [2, 10];

/** Sizes of struct nlmsghdr, inet_diag_req_v2 and inet_diag_msg in bytes (linux/inet_diag.h). */
const HEADER = 16;
const REQUEST = 56;
const MESSAGE = 72;

/** The states that zdd asks for, as bits of their numbers (linux/tcp_states.h). */
export const SocketState = {
  established: 1 << 1,
  /** The client's end of a connection that the server's doesn't know yet. */
  synSent: 1 << 2,
  /** The server's end of one that the client's may take for established. */
  synReceived: 1 << 3,
  listening: 1 << 10,
} as const;

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
}

/** What the kernel is to leave out; 0 or undefined: nothing. */
export interface SocketFilter {
  localPort?: number;
  remotePort?: number;
}

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

type LibC = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/**
 * The TCP sockets in some states.
 *
 * @param states those of {@linkcode SocketState}, as bits
 * @throws {Error} where the kernel or a sandbox doesn't answer.
 */
export function askForSockets(
  states: number,
  filter: SocketFilter = {},
): TcpSocket[] {
  const c = libc();
  const fd = c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
  try {
    if (fd < 0) throw new Error("no netlink socket");
    return FAMILIES.flatMap((family) => {
      const request = requestFor(family, states, filter);
      const length = BigInt(request.length);
      if (c.send(fd, request, length, 0) !== length) {
        throw new Error("netlink takes no request");
      }
      return [...receive(c, fd)];
    });
  } finally {
    if (fd >= 0) c.close(fd);
  }
}

let opened: LibC | undefined;

/** The C library, opened once for all looks. */
function libc(): LibC {
  return opened ??= Deno.dlopen("libc.so.6", SYMBOLS).symbols;
}

function requestFor(
  family: number,
  states: number,
  { localPort = 0, remotePort = 0 }: SocketFilter,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER + REQUEST);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, SOCK_DIAG_BY_FAMILY, true);
  view.setUint16(6, NLM_F_REQUEST_DUMP, true);
  view.setUint8(HEADER, family);
  view.setUint8(HEADER + 1, IPPROTO_TCP);
  view.setUint32(HEADER + 4, states, true);
  view.setUint16(HEADER + 8, localPort); // in network order, as the next
  view.setUint16(HEADER + 10, remotePort);
  return bytes;
}

/** For all looks: they come one after the other, and making it takes longer than one. */
const buffer = new Uint8Array(64 * 1024);

/** The messages of one dump, until the kernel says that it is done. */
function* receive(c: LibC, fd: number): Generator<TcpSocket> {
  for (;;) {
    const read = Number(c.recv(fd, buffer, BigInt(buffer.length), 0));
    if (read < HEADER) throw new Error("netlink gives no answer");
    const view = new DataView(buffer.buffer, 0, read);
    for (let at = 0; at + HEADER <= read;) {
      const length = view.getUint32(at, true);
      const type = view.getUint16(at + 4, true);
      if (type === NLMSG_DONE) return;
      if (type === NLMSG_ERROR || length < HEADER + MESSAGE) {
        throw new Error("netlink refuses the request");
      }
      yield parseMessage(view, at + HEADER);
      at += length + 3 & ~3;
    }
  }
}

/** Reads a struct inet_diag_msg: family, state, …, two ports, two addresses, …, inode. */
function parseMessage(view: DataView, at: number): TcpSocket {
  const isIPv4 = view.getUint8(at) === 2;
  const hostAt = (offset: number) =>
    hostOf(isIPv4, new Uint8Array(view.buffer, at + offset, 16));
  return {
    local: { host: hostAt(8), port: view.getUint16(at + 4) },
    remote: { host: hostAt(24), port: view.getUint16(at + 6) },
    inode: String(view.getUint32(at + 68, true)),
  };
}

function hostOf(isIPv4: boolean, bytes: Uint8Array): string {
  if (isIPv4) return bytes.subarray(0, 4).join(".");
  const hex = bytes.toHex();
  return hex.startsWith("00000000000000000000ffff")
    ? bytes.subarray(12).join(".")
    : `ipv6:${hex}`;
}
