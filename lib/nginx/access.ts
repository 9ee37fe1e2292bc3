import { dirname } from "@std/path";
import { ZddError } from "../error.ts";
import { type Credentials, credentialsOf } from "../system/process.ts";
import type { Worker } from "./master.ts";

/**
 * Makes sure that nginx's workers can reach a path: they see the same file there, and their
 * user or groups may search each directory on the way, and write to it if it is a socket.
 *
 * @throws {ZddError} that names the first place they can't pass, and its mode.
 */
export function requireAccess(workers: Worker[], path: string): void {
  const worker = workers.find(({ shuttingDown }) => !shuttingDown);
  const who = worker && credentialsOf(worker.process.pid);
  if (worker === undefined || who === undefined) return;
  const real = Deno.realPathSync(path);
  requireSight(worker.process.pid, real);
  for (const place of wayTo(real)) {
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

/**
 * A worker in its own mount namespace (systemd's PrivateTmp= and the like) may see a
 * different tree. /proc/PID/root leads into it (proc(5)).
 */
function requireSight(pid: number, path: string): void {
  const root = `/proc/${pid}/root`;
  if (identityOf(`${root}/`) === undefined) return; // owned by another user, can't be read
  for (const place of wayTo(path)) {
    const theirs = identityOf(root + place);
    // Directories on the way may be mounted differently, as long as the end is the same.
    const isMissing = theirs === undefined;
    if (isMissing || place === path && theirs !== identityOf(place)) {
      throw new ZddError(
        `nginx's workers see ${isMissing ? "no" : "another"} "${place}": ` +
          "they run in a mount namespace of their own",
        {
          hint: "set state_dir in [deploy] to a place that they see, such as " +
            "/var/lib/zdd/NAME, or remove PrivateTmp= and the like from nginx's unit",
        },
      );
    }
  }
}

/**
 * Whether nginx's workers see a process in /proc as zdd does. If /proc is mounted with
 * `hidepid` (proc(5)), they don't see other users' processes.
 */
export function seesProcess(workers: Worker[], pid: number): boolean {
  return workers.filter(({ shuttingDown }) => !shuttingDown)
    .every(({ process }) => {
      const theirs = identityOf(`/proc/${process.pid}/root/proc/${pid}`);
      return theirs !== undefined && theirs === identityOf(`/proc/${pid}`) &&
        !hidesProcesses(process.pid);
    });
}

function hidesProcesses(pid: number): boolean {
  try {
    const mounts = Deno.readTextFileSync(`/proc/${pid}/mountinfo`);
    return mounts.split("\n").some((line) =>
      / \/proc /.test(line) && /hidepid=(?!0|off)/.test(line)
    );
  } catch {
    return true; // unknown
  }
}

/** Identifies a file under any name; undefined if there is none, or it can't be seen. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.lstatSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** A path and all directories above it, from the top. */
function wayTo(path: string): string[] {
  const way: string[] = [];
  for (let at = path; !way.includes(at); at = dirname(at)) way.unshift(at);
  return way;
}

/**
 * Whether a user has the permission `bit` on a file: 4 read, 2 write, 1 execute or
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
