// Functions of the C library that Deno has no equivalent for. Each takes 0.2 ms to look up,
// so those that every deploy needs are looked up together, and the others when needed.

/**
 * syscall(2), for system calls that older C libraries have no function for. It takes any
 * number of arguments, which are passed as by other functions if they are integers or
 * pointers (the ABIs of x86-64 and AArch64).
 */
const syscall = { name: "syscall", result: "isize" } as const;

const SYMBOLS = {
  prctl: {
    parameters: ["i32", "usize", "usize", "usize", "usize"],
    result: "i32",
  },
  openat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  /** Takes `Syscall.openat2`, a directory, a path, a struct open_how and its size. */
  openat2: {
    ...syscall,
    parameters: ["isize", "isize", "buffer", "buffer", "usize"],
  },
  /** Takes `Syscall.getdents64`, a directory, a buffer and its size. */
  getdents64: {
    ...syscall,
    parameters: ["isize", "isize", "buffer", "usize"],
  },
  /** Takes `Syscall.closeRange`, the first descriptor, the last one, and flags. */
  closeRange: {
    ...syscall,
    parameters: ["isize", "isize", "isize", "isize"],
  },
} as const;

/** Numbers of system calls. New ones are the same on all machines. */
export const Syscall = {
  getdents64: Deno.build.arch === "aarch64" ? 61n : 217n,
  closeRange: 436n,
  openat2: 437n,
} as const;

/** Functions that few runs need. */
const RARE = {
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
} as const;

const NAME = "libc.so.6";

export type LibC = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
export type RareLibC = Deno.DynamicLibrary<typeof RARE>["symbols"];

let opened: LibC | undefined;

/** The C library, opened once. @throws {Error} if there is none with this name. */
export function libc(): LibC {
  return opened ??= Deno.dlopen(NAME, SYMBOLS).symbols;
}

let openedRare: RareLibC | undefined;

/** Rarely needed functions of it. @throws {Error} as `libc` does. */
export function rareLibc(): RareLibC {
  return openedRare ??= Deno.dlopen(NAME, RARE).symbols;
}
