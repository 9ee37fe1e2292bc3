import { libc, Syscall } from "./libc.ts";

/** CLOSE_RANGE_CLOEXEC of close_range(2), in Linux 5.11 and later. */
const CLOSE_ON_EXEC = 4n;
/** Above standard input, output and error. */
const FIRST = 3n;
const LAST = 0xffff_ffffn;

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
    const { closeRange } = Syscall;
    libc().closeRange(closeRange, FIRST, LAST, CLOSE_ON_EXEC);
  } catch { /* no such function */ }
}
