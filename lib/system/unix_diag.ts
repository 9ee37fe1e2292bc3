import {
  askForSockets,
  type Message,
  Question,
  SocketState,
} from "./netlink.ts";

const AF_UNIX = 1;
/** Sizes of struct unix_diag_req and unix_diag_msg in bytes (linux/unix_diag.h). */
const REQUEST = 24;
const MESSAGE = 16;
/**
 * UNIX_DIAG_NAME, UNIX_DIAG_VFS and UNIX_DIAG_RQLEN: attribute types, and the bits to
 * request them.
 */
const NAME = 0;
const FILE = 1;
const QUEUE = 4;
const SHOW = 1 << 0 | 1 << 1 | 1 << 4;
/** The state of a listening socket (linux/tcp_states.h). */
const TCP_LISTEN = 10;

/** A unix socket that has a path, or was accepted from one that has one. */
export interface UnixSocket {
  listening: boolean;
  inode: string;
  /** The path it was bound to. The file may have another by now. */
  path: string;
  /**
   * Identifies the file that binding created, whatever its path is now; see {@linkcode
   * fileOf}.
   */
  file: string;
  /** For a listening socket: how many connections wait to be accepted. */
  waiting: number;
}

/**
 * The unix sockets that are listening or connected.
 *
 * @throws {Error} if the kernel or a sandbox refuses.
 */
export function askForUnixSockets(): UnixSocket[] {
  const bytes = new Uint8Array(REQUEST);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, AF_UNIX);
  view.setUint32(4, SocketState.listening | SocketState.established, true);
  view.setUint32(12, SHOW, true);
  return askForSockets(Question.family, bytes, MESSAGE).flatMap((message) =>
    parse(message) ?? []
  );
}

/** Reads a struct unix_diag_msg: family, type, state, …, inode. */
function parse({ body, attributes }: Message): UnixSocket | undefined {
  const name = attributes.get(NAME);
  const file = attributes.get(FILE);
  // A socket without a name, or with an abstract one, can't be an address for nginx.
  if (name === undefined || file === undefined) return undefined;
  const { buffer, byteOffset, byteLength } = name;
  const path = new TextDecoder().decode(
    new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
  );
  const device = file.getUint32(4, true);
  return {
    listening: body.getUint8(2) === TCP_LISTEN,
    inode: String(body.getUint32(4, true)),
    path: path.replace(/\0.*$/s, ""),
    file: identityOf(device >>> 20, device & 0xf_ffff, file.getUint32(0, true)),
    waiting: attributes.get(QUEUE)?.getUint32(0, true) ?? 0,
  };
}

/**
 * Identifies the socket at a path now, as in {@linkcode UnixSocket.file}; undefined if
 * there is none, or a link.
 */
export function fileOf(path: string): string | undefined {
  try {
    const { isSocket, dev, ino } = Deno.lstatSync(path);
    if (!isSocket || ino === null) return undefined;
    // The kernel gives 32 bits of the inode, and stat(2) another form of the device
    // (makedev(3)).
    const major = dev >>> 8 & 0xfff;
    const minor = dev & 0xff | dev >>> 12 & 0xf_ff00;
    return identityOf(major, minor, ino % 2 ** 32);
  } catch {
    return undefined;
  }
}

function identityOf(major: number, minor: number, inode: number): string {
  return `${major}:${minor} ${inode}`;
}
