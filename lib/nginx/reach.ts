import { dirname } from "@std/path";
import { ZddError } from "../error.ts";
import { type Credentials, credentialsOf } from "../system/process.ts";
import type { Worker } from "./master.ts";

/**
 * Makes sure that nginx's workers can enter a directory: each one on the way to it
 * must let their user or a group of theirs search it.
 *
 * @throws {ZddError} that names the first directory that doesn't, and its mode.
 */
export function requireReach(workers: Worker[], directory: string): void {
  const worker = workers.find(({ shuttingDown }) => !shuttingDown);
  const who = worker && credentialsOf(worker.process.pid);
  if (who === undefined || who.uid === 0) return;
  const way: string[] = [];
  for (let at = Deno.realPathSync(directory); !way.includes(at);) {
    way.unshift(at);
    at = dirname(at);
  }
  for (const place of way) {
    const stat = Deno.statSync(place);
    if (mayUse(who, stat, 0o1)) continue;
    const mode = ((stat.mode ?? 0) & 0o777).toString(8).padStart(4, "0");
    throw new ZddError(
      `nginx's workers (user ${who.uid}) cannot enter "${place}", mode ${mode}`,
      {
        hint: `run "chmod o+x ${place}", or set state_dir in [deploy] to a ` +
          "place they can reach, such as /var/lib/zdd/NAME",
      },
    );
  }
}

/**
 * Whether a user may do to a file what `bit` says: 4 read, 2 write, 1 execute or
 * search (path_resolution(7)).
 */
export function mayUse(
  { uid, groups }: Credentials,
  { mode, uid: owner, gid: group }: Deno.FileInfo,
  bit: number,
): boolean {
  if (uid === 0) return true;
  const shift = uid === owner ? 6 : groups.includes(group ?? -1) ? 3 : 0;
  return ((mode ?? 0) >> shift & bit) !== 0;
}
