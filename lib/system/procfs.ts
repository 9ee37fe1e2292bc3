import { type LibC, libc, Syscall } from "./libc.ts";

// Reads about processes in /proc, which may end at any time. A deploy reads hundreds of
// files there. The kernel doesn't tell their sizes, so Deno reads each in many small pieces.
// With the C library, one piece is enough, which takes half as long.

/** The path of a file, ended by a zero byte, and its content: allocating them takes long. */
const path = new Uint8Array(4096);
let content = new Uint8Array(64 * 1024);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** openat(2): reading, and O_CLOEXEC, which is the same on all machines that Deno runs on. */
const FLAGS = 0o2000000;
/** An absolute path needs no directory. */
const NONE = -1;

/** Reads a file in /proc; undefined if its process has ended or belongs to another user. */
export function readFile(file: string): string | undefined {
  const text = withDescriptor(file, (c, fd) => {
    const length = fill((at) =>
      Number(c.read(fd, content.subarray(at), BigInt(content.length - at)))
    );
    return length === undefined
      ? undefined
      : decoder.decode(content.subarray(0, length));
  });
  if (text !== undefined) return text;
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    const isForeign = error instanceof Deno.errors.PermissionDenied;
    if (isGone(error) || isForeign) return undefined;
    throw error; // for example, no descriptors are left: nothing is known of the process
  }
}

/** An entry of a directory in /proc. */
export interface Numbered {
  number: number;
  /** If another process gets the pid, its directory has another inode. 0 if it is gone. */
  inode: number;
}

/** The entries of a directory in /proc that have numeric names; none if its process has ended. */
export function numbered(directory: string): Numbered[] {
  const found = withDescriptor(directory, (c, fd) => {
    const size = BigInt(content.length);
    const all: Numbered[] = [];
    for (;;) {
      const at = BigInt(fd);
      const length = Number(
        c.getdents64(Syscall.getdents64, at, content, size),
      );
      if (length < 0) return undefined;
      if (length === 0) return all;
      all.push(...parse(length));
    }
  });
  if (found !== undefined) return found;
  try {
    return [...Deno.readDirSync(directory)]
      .filter(({ name }) => /^\d+$/.test(name)).map(({ name }) => ({
        number: Number(name),
        inode: inodeOf(`${directory}/${name}`),
      }));
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** The numeric names in a directory of /proc; none if its process has ended. */
export function numbersIn(directory: string): number[] {
  return numbered(directory).map(({ number }) => number);
}

/**
 * Opens a path with the C library for as long as `use` takes. Undefined if there is no such
 * library, or it can't be opened.
 */
function withDescriptor<T>(
  name: string,
  use: (c: LibC, fd: number) => T | undefined,
): T | undefined {
  const c = cLibrary();
  if (c === undefined) return undefined;
  const { written } = encoder.encodeInto(name, path);
  if (written === path.length) return undefined;
  path[written] = 0;
  const fd = c.openat(NONE, path, FLAGS);
  if (fd < 0) return undefined;
  try {
    return use(c, fd);
  } finally {
    c.close(fd);
  }
}

let hasLibrary = true;

function cLibrary(): LibC | undefined {
  if (!hasLibrary) return undefined;
  try {
    return libc();
  } catch {
    hasLibrary = false;
    return undefined;
  }
}

/** Fills `content` until nothing is left to read; undefined after an error. */
function fill(read: (at: number) => number): number | undefined {
  for (let at = 0;;) {
    if (at === content.length) {
      const larger = new Uint8Array(2 * content.length);
      larger.set(content);
      content = larger;
    }
    const count = read(at);
    if (count < 0) return undefined;
    if (count === 0) return at;
    at += count;
  }
}

/** Reads structs linux_dirent64 in `content`: inode, offset, length, type, name (getdents64(2)). */
function parse(length: number): Numbered[] {
  const view = new DataView(content.buffer, 0, length);
  const all: Numbered[] = [];
  for (let at = 0; at < length; at += view.getUint16(at + 16, true)) {
    let number = 0;
    let digit = at + 19;
    for (; isDigit(content[digit]); digit++) {
      number = 10 * number + (content[digit] ?? 0) - ZERO;
    }
    const isNumber = content[digit] === 0 && digit > at + 19;
    if (!isNumber) continue;
    all.push({ number, inode: Number(view.getBigUint64(at, true)) });
  }
  return all;
}

const ZERO = 0x30;

function isDigit(byte = 0): boolean {
  return byte >= ZERO && byte < ZERO + 10;
}

function inodeOf(file: string): number {
  try {
    return Deno.lstatSync(file).ino ?? 0;
  } catch {
    return 0; // gone
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    // ESRCH: the process ended while it was read. Deno has no class for that.
    error instanceof Error && /\(os error 3\)/.test(error.message);
}
