import { libc } from "./libc.ts";
import { openFiles } from "./process.ts";
import { listeningInodes } from "./sockets.ts";

/** More than any kernel allows, which takes its own limit then (listen(2), somaxconn). */
const MOST = 0xffff;

/**
 * Lets as many connections wait at a unix socket of this process as the kernel allows:
 * Deno lets 1,024, and who comes while so many wait is refused.
 */
export function lengthenQueue(path: string): void {
  try {
    const inodes = listeningInodes({ path }).map((inode) =>
      `socket:[${inode}]`
    );
    for (const [descriptor, file] of openFiles(Deno.pid)) {
      if (inodes.includes(file)) libc().listen(descriptor, MOST);
    }
  } catch { /* another C library */ }
}
