import { dirname } from "@std/path";

/** Root, who may do all that zdd does, and the one who runs it. */
const trusted = new Set<number | null>([0, Deno.uid()]);

/**
 * Trusts a user as much as root: the owner of deploy.conf decides anyway what zddeploy
 * runs, and an account that owns a whole project may have links in it.
 *
 * @param file a file that decides what is run; the owner of its directory could replace it
 */
export function trustOwnerOf(file: string): void {
  for (const path of [file, dirname(file)]) {
    try {
      trusted.add(Deno.statSync(path).uid);
    } catch { /* whoever reads it says what is wrong */ }
  }
}

/** Whether a user is root, the one who runs zdd, or one who decides what it runs. */
export function isTrusted(uid: number | null | undefined): boolean {
  return uid !== undefined && trusted.has(uid);
}

/** Whether every user may write to a directory or file. */
export function isForAll({ mode }: Deno.FileInfo): boolean {
  return ((mode ?? 0) & 0o002) !== 0;
}

const STICKY = 0o1000;

/**
 * Whether nobody but trusted users can change what is at this path and on the way to it.
 * In a sticky directory, such as /tmp, others can't replace what is a trusted user's
 * (unlink(2)). A group that may write there was chosen by the owner.
 *
 * @param path absolute, without symbolic links
 */
export function isGuarded(path: string): boolean {
  // From the top: what is said of a directory holds only if all above it is guarded.
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
