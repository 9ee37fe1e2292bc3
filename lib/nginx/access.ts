import { dirname } from "@std/path";
import { ZddError } from "../error.ts";
import { type Credentials, credentialsOf } from "../system/process.ts";
import type { Worker } from "./master.ts";

/**
 * Makes sure that nginx's workers can get at a path: each directory on the way must
 * let their user or a group of theirs search it, and a socket must let them write.
 *
 * @throws {ZddError} that names the first place that doesn't, and its mode.
 */
export function requireAccess(workers: Worker[], path: string): void {
  const worker = workers.find(({ shuttingDown }) => !shuttingDown);
  const who = worker && credentialsOf(worker.process.pid);
  if (who === undefined) return;
  for (const place of wayTo(path)) {
    const stat = Deno.statSync(place);
    const [bit, verb, letter] = stat.isSocket
      ? [0o2, "connect to", "w"]
      : [0o1, "enter", "x"];
    if (mayUse(who, stat, Number(bit))) continue;
    const mode = ((stat.mode ?? 0) & 0o777).toString(8).padStart(4, "0");
    throw new ZddError(
      `nginx's workers (user ${who.uid}) cannot ${verb} "${place}", mode ${mode}`,
      {
        hint:
          `run "chmod o+${letter} ${place}", or set state_dir in [deploy] ` +
          "to a place they can reach, such as /var/lib/zdd/NAME",
      },
    );
  }
}

/** A path and all directories above it, from the top. */
function wayTo(path: string): string[] {
  const way: string[] = [];
  for (let at = Deno.realPathSync(path); !way.includes(at); at = dirname(at)) {
    way.unshift(at);
  }
  return way;
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
