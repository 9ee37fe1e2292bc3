import { libc, Syscall } from "./libc.ts";

// Opens paths with O_PATH, relative to an open directory or without following links, which
// neither Deno nor node:fs can do.

// Flags of open(2). All machines that Deno runs on have the same, except for O_DIRECTORY
// and O_NOFOLLOW (asm-generic/fcntl.h, arch/arm64/include/uapi/asm/fcntl.h).
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const [O_DIRECTORY, O_NOFOLLOW] = Deno.build.arch === "aarch64"
  ? [0o40000, 0o100000]
  : [0o200000, 0o400000];

/** openat2(2) */
const RESOLVE_NO_SYMLINKS = 0x04n;
/** The directory descriptor, which an absolute path doesn't need. */
const NONE = -1;

/**
 * Opens an entry of a directory; a link itself, if it is one.
 *
 * @param at the directory's descriptor; not needed for "/"
 * @param any whether to open something other than a directory, too
 * @returns the descriptor; undefined if it can't be opened
 */
export function openAt(
  at: number | undefined,
  name: string,
  any: boolean,
): number | undefined {
  return valid(libc().openat(at ?? NONE, cString(name), flagsOf(any)));
}

/**
 * Opens an absolute path if no link is on the way. At the end there may be one if `any` is
 * set; then that link itself is opened.
 *
 * @param any whether to open something other than a directory, too
 * @returns the descriptor; undefined if it can't be opened, or on a kernel before Linux 5.6
 */
export function openWithoutLinks(
  path: string,
  any: boolean,
): number | undefined {
  // struct open_how: flags, mode, resolve
  const how = BigUint64Array.of(BigInt(flagsOf(any)), 0n, RESOLVE_NO_SYMLINKS);
  const size = BigInt(how.byteLength);
  const at = BigInt(NONE);
  const { openat2 } = Syscall;
  return valid(Number(libc().openat2(openat2, at, cString(path), how, size)));
}

/** close(2) */
export function closeDescriptor(descriptor: number): void {
  libc().close(descriptor);
}

function flagsOf(any: boolean): number {
  return O_PATH | O_NOFOLLOW | O_CLOEXEC | (any ? 0 : O_DIRECTORY);
}

function valid(descriptor: number): number | undefined {
  return descriptor < 0 ? undefined : descriptor;
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
