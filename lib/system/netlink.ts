import { type LibC, libc } from "./libc.ts";

// Asks the kernel for sockets by netlink, as ss(8) does (sock_diag(7)). The kernel filters
// them, whereas /proc/net/tcp lists every connection of the last minute, which takes most
// of a second for a hundred thousand. And a socket's name can't be mistaken for another
// line, as in /proc/net/unix.

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** Types of requests (linux/sock_diag.h, linux/inet_diag.h). */
export const Question = {
  /** TCPDIAG_GETSOCK: TCP sockets of both IPv4 and IPv6. */
  tcp: 18,
  /** SOCK_DIAG_BY_FAMILY: sockets of one family. */
  family: 20,
} as const;

/** The size of struct nlmsghdr in bytes (linux/netlink.h). */
const HEADER = 16;

/** The states of sockets, as bits (linux/tcp_states.h). */
export const SocketState = {
  established: 1 << 1,
  /** The client's end of a connection that the server hasn't confirmed yet. */
  synSent: 1 << 2,
  /** The server's end; for the client, the connection may be established already. */
  synReceived: 1 << 3,
  listening: 1 << 10,
} as const;

/** What the kernel says about one socket. */
export interface Message {
  /** The fixed part. */
  body: DataView;
  /** The attributes after it, by type. */
  attributes: Map<number, DataView>;
}

/**
 * Asks for all sockets that a request describes.
 *
 * @param question one of {@linkcode Question}
 * @param request struct inet_diag_req or unix_diag_req, and attributes
 * @param size of the fixed part of an answer, in bytes
 * @throws {Error} if the kernel or a sandbox refuses.
 */
export function askForSockets(
  question: number,
  request: Uint8Array,
  size: number,
): Message[] {
  const c = libc();
  const fd = c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
  try {
    if (fd < 0) throw new Error("no netlink socket");
    const message = withHeader(question, request);
    const length = BigInt(message.length);
    if (c.send(fd, message, length, 0) !== length) {
      throw new Error("netlink takes no request");
    }
    return [...receive(c, fd, size)];
  } finally {
    if (fd >= 0) c.close(fd);
  }
}

function withHeader(
  question: number,
  request: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER + request.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, question, true);
  view.setUint16(6, NLM_F_REQUEST_DUMP, true);
  bytes.set(request, HEADER);
  return bytes;
}

/**
 * Shared by all requests, which run one at a time: allocating it takes longer than a
 * request.
 */
const buffer = new Uint8Array(64 * 1024);

/** Yields the messages of one dump, until the kernel says that it is done. */
function* receive(c: LibC, fd: number, size: number): Generator<Message> {
  for (;;) {
    const read = Number(c.recv(fd, buffer, BigInt(buffer.length), 0));
    if (read < HEADER) throw new Error("netlink gives no answer");
    // A copy, since the next read overwrites the buffer.
    const view = new DataView(buffer.slice(0, read).buffer);
    for (let at = 0; at + HEADER <= read;) {
      const length = view.getUint32(at, true);
      const type = view.getUint16(at + 4, true);
      if (type === NLMSG_DONE) return;
      if (type === NLMSG_ERROR || length < HEADER + size) {
        throw new Error("netlink refuses the request");
      }
      yield {
        body: new DataView(view.buffer, at + HEADER, size),
        attributes: attributesIn(view, at + HEADER + size, at + length),
      };
      at += aligned(length);
    }
  }
}

/** Reads a sequence of struct nlattr (linux/netlink.h): length, type, value. */
function attributesIn(
  view: DataView,
  from: number,
  end: number,
): Map<number, DataView> {
  const found = new Map<number, DataView>();
  for (let at = from; at + 4 <= end;) {
    const length = view.getUint16(at, true);
    if (length < 4) break;
    const value = new DataView(view.buffer, at + 4, length - 4);
    found.set(view.getUint16(at + 2, true), value);
    at += aligned(length);
  }
  return found;
}

function aligned(length: number): number {
  return length + 3 & ~3;
}
