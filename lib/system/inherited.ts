/** CLOSE_RANGE_CLOEXEC of close_range(2), which Linux has since 5.11. */
const CLOSE_ON_EXEC = 4;
/** Above standard input, output and error. */
const FIRST = 3;
const LAST = 0xffff_ffff;

let done = false;

/**
 * Keeps the descriptors that zdd got from its own parent from the processes that it
 * starts: a pipe in the hands of an instance would keep its reader waiting for as long
 * as that runs. An old kernel can't; the shell closes those below 10 in any case.
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
