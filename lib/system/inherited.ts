/** CLOSE_RANGE_CLOEXEC of close_range(2), in Linux 5.11 and later. */
const CLOSE_ON_EXEC = 4;
/** Above standard input, output and error. */
const FIRST = 3;
const LAST = 0xffff_ffff;

let done = false;

/**
 * Keeps the processes that zdd starts from inheriting descriptors of zdd's own parent: the
 * reader of a pipe would wait for as long as an instance has it open. Old kernels can't do
 * this, but the shell closes the descriptors below 10 in any case.
 */
export function keepDescriptors(): void {
  if (done) return;
  done = true;
  try {
    const libc = Deno.dlopen("libc.so.6", {
      close_range: { parameters: ["u32", "u32", "i32"], result: "i32" },
    });
    libc.symbols.close_range(FIRST, LAST, CLOSE_ON_EXEC);
    libc.close();
  } catch { /* no such function */ }
}
