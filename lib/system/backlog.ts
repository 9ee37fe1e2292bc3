import { rareLibc } from "./libc.ts";
import { openFiles } from "./process.ts";
import { listeningInodes } from "./sockets.ts";

/** More than any kernel allows. It uses its own limit then (listen(2), somaxconn). */
const MOST = 0xffff;

/**
 * Raises the queue of a unix socket of this process to what the kernel allows: Deno allows
 * 1,024 waiting connections, and the kernel refuses any more.
 */
export function lengthenQueue(path: string): void {
  try {
    const inodes = listeningInodes({ path }).map((inode) =>
      `socket:[${inode}]`
    );
    for (const [descriptor, file] of openFiles(Deno.pid)) {
      if (inodes.includes(file)) rareLibc().listen(descriptor, MOST);
    }
  } catch { /* another C library */ }
}
