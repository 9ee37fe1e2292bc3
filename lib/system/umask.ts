import { readFile } from "./procfs.ts";

/** Does something with a umask of 0, so that new files get exactly their mode. */
export function withoutUmask<T>(make: () => T): T {
  if (Deno.build.os === "windows") return make(); // which has none
  const umask = ownUmask();
  Deno.umask(0);
  try {
    return make();
  } finally {
    Deno.umask(umask);
  }
}

let known: number | undefined;

/**
 * The umask that zdd was started with (proc(5)). `Deno.umask` would tell it, too, but all
 * threads have the same one: what a thread finds may be the 0 of another, which must not
 * become everybody's. Tests run in threads.
 */
function ownUmask(): number {
  return known ??= readUmask() ?? Deno.umask();
}

function readUmask(): number | undefined {
  const status = readFile("/proc/self/status") ?? "";
  const umask = /^Umask:\s*([0-7]+)$/m.exec(status)?.[1]; // since Linux 4.7
  return umask === undefined ? undefined : parseInt(umask, 8);
}
