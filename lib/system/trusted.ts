import { dirname } from "@std/path";

/** Root and the user who runs zdd. */
const trusted = new Set<number | null>([0, Deno.uid()]);

/**
 * Trusts the owner of a file as much as root: the owner of deploy.conf decides what
 * zddeploy runs anyway, and the owner of a project may use links in it. Also trusts the
 * owner of the file's directory, who could replace the file.
 *
 * @param file a file that decides what is run
 */
export function trustOwnerOf(file: string): void {
  for (const path of [file, dirname(file)]) {
    try {
      trusted.add(Deno.statSync(path).uid);
    } catch { /* reading the file reports the error */ }
  }
}

/** Whether a user is root, the user who runs zdd, or decides what zdd runs. */
export function isTrusted(uid: number | null | undefined): boolean {
  return uid !== undefined && trusted.has(uid);
}

/** Whether every user may write to a directory or file. */
export function isForAll({ mode }: Deno.FileInfo): boolean {
  return ((mode ?? 0) & 0o002) !== 0;
}

const STICKY = 0o1000;

/**
 * Whether only trusted users can change what is at this path and on the way to it. In a
 * sticky directory, such as /tmp, others can't replace a trusted user's files (unlink(2)).
 * If a group may write there, the owner has chosen it.
 *
 * @param path absolute, without symbolic links
 */
export function isGuarded(path: string): boolean {
  // From the top: a directory is only safe if all above it are.
  for (const place of wayTo(path)) {
    const stat = Deno.lstatSync(place);
    if (!isTrusted(stat.uid)) return false;
    if (!isForAll(stat)) continue;
    const isSticky = ((stat.mode ?? 0) & STICKY) !== 0;
    if (!isSticky || place === path) return false;
  }
  return true;
}

function wayTo(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [...wayTo(above), path];
}
