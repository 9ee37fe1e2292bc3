// Functions of the C library that Deno has no equivalent for.

const SYMBOLS = {
  prctl: {
    parameters: ["i32", "usize", "usize", "usize", "usize"],
    result: "i32",
  },
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  // It takes any number of arguments, which are passed as by other functions if they are
  // integers or pointers (the ABIs of x86-64 and AArch64).
  syscall: {
    parameters: ["isize", "i32", "buffer", "usize"],
    result: "isize",
  },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

export type LibC = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let opened: LibC | undefined;

/** The C library, opened once. @throws {Error} if there is none with this name. */
export function libc(): LibC {
  return opened ??= Deno.dlopen("libc.so.6", SYMBOLS).symbols;
}
