import { basename, dirname, join, resolve } from "@std/path";
import { reasonOf } from "../error.ts";
import { closeDescriptor, openAt, openWithoutLinks } from "./o_path.ts";
import { IS_LINUX } from "./platform.ts";
import { isGuarded, isTrusted } from "./trusted.ts";
import { withoutUmask } from "./umask.ts";

/** How often to retry if something exists but can't be opened: others may be replacing it. */
const TRIES = 5;

/** The kernel follows as many links (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * A file or directory held by a descriptor: it stays the same after it was checked,
 * whatever others do to its name. Holding it doesn't open it, so a FIFO doesn't block and a
 * device isn't touched (open(2), O_PATH).
 */
export class Held implements Disposable {
  /** @param place where it was found: its path without links */
  constructor(readonly descriptor: number, readonly place: string) {}

  /** A path by which zdd can use it (proc(5)). */
  get path(): string {
    return `/proc/self/fd/${this.descriptor}`;
  }

  /** A path by which a child of zdd can use it while it is held. */
  get pathForChild(): string {
    return `/proc/${Deno.pid}/fd/${this.descriptor}`;
  }

  /** Its metadata. For a link, that of the link itself. */
  stat(): Deno.FileInfo {
    return Deno.statSync(this.path);
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.descriptor);
  }
}

/**
 * Holds only a name, on systems without /proc: nothing is deployed there, and no files of
 * other users are used.
 */
class Named extends Held {
  constructor(place: string) {
    super(-1, place);
  }

  override get path(): string {
    return this.place;
  }

  override stat(): Deno.FileInfo {
    return Deno.lstatSync(this.place);
  }

  override [Symbol.dispose](): void {}
}

export interface HoldOptions {
  /** Whether to follow a link at the end of the path, if it can be trusted. */
  follow?: boolean;
}

/**
 * Holds what is at a path. Follows a link on the way only if nobody but root, the user who
 * runs zdd or the owner of deploy.conf could have put it there: a service's user must not
 * be able to make zdd use files that are closed to that user.
 *
 * @throws {Deno.errors.NotFound} if there is nothing.
 * @throws {Deno.errors.PermissionDenied} if a link can't be trusted.
 */
export function hold(path: string, { follow = false }: HoldOptions = {}): Held {
  return walk(path, follow ? "any" : "itself");
}

/** The same for a directory. Follows a trusted link at the end, too. */
export function holdDirectory(path: string): Held {
  return walk(path, "directory");
}

/**
 * Creates a directory and its missing parents with exactly this mode, and holds it.
 */
export function makeDirectory(path: string, mode = 0o755): Held {
  return walk(path, "directory", mode);
}

/**
 * Does something to an entry of a directory, even if others rename directories meanwhile.
 *
 * @param path of the entry
 * @param act gets a path to it without links; the entry itself may be a link
 */
export function inDirectory<T>(path: string, act: (entry: string) => T): T {
  using directory = holdDirectory(dirname(resolve(path)));
  const entry = `${directory.path}/${basename(path)}`;
  return withoutDescriptors(() => act(entry));
}

/** Does something with paths of held files, and leaves those out of error messages. */
export function withoutDescriptors<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error) {
      error.message = error.message.replace(
        /: \w+ '\/proc\/(self|\d+)\/fd\/.*$/,
        "",
      );
    }
    throw error;
  }
}

/**
 * What the end of a path may be: anything, with a link followed; anything, even a link
 * itself; or a directory.
 */
type End = "any" | "itself" | "directory";

function walk(path: string, end: End, make?: number): Held {
  const full = resolve(path);
  if (!IS_LINUX) return byName(full, end, make);
  return holdWithoutLinks(full, end) ?? walkByName(full, end, make);
}

/** Looks at one name after the other, so it can follow trusted links and say what is wrong. */
function walkByName(path: string, end: End, make?: number): Held {
  const left = namesIn(path);
  let links = 0;
  let at = openEntry(undefined, "/");
  try {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const isLast = left.length === 0;
      const next = enter(at, name, isLast && end !== "directory", make);
      if (typeof next !== "string") {
        const isLink = isLast && end === "any" && next.stat().isSymlink;
        if (!isLink) {
          at[Symbol.dispose]();
          at = next;
          continue;
        }
        next[Symbol.dispose]();
      }
      if (++links > MOST_LINKS) throw new Error("too many links");
      const target = readTrustedLink(at, name);
      left.unshift(...namesIn(target));
      if (!target.startsWith("/")) continue;
      at[Symbol.dispose]();
      at = openEntry(undefined, "/");
    }
  } catch (error) {
    at[Symbol.dispose]();
    throw error;
  }
  return at;
}

/** Holds a path that leads over no link, in one system call; undefined if that fails. */
function holdWithoutLinks(path: string, end: End): Held | undefined {
  const descriptor = openWithoutLinks(path, end !== "directory");
  if (descriptor === undefined) return undefined;
  const held = new Held(descriptor, path);
  if (end !== "any" || !held.stat().isSymlink) return held;
  held[Symbol.dispose]();
  return undefined;
}

function byName(path: string, end: End, make?: number): Held {
  if (make !== undefined) Deno.mkdirSync(path, { recursive: true });
  const place = end === "itself" ? path : Deno.realPathSync(path);
  const named = new Named(place);
  if (end === "directory" && !named.stat().isDirectory) {
    throw new Deno.errors.NotADirectory(`"${path}" isn't a directory`);
  }
  return named;
}

function namesIn(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

/** Holds an entry of a directory, and creates it with mode `make`; "link" if it is a link. */
function enter(at: Held, name: string, any: boolean, make?: number) {
  try {
    return openEntry(at, name, any);
  } catch (error) {
    if (error instanceof Deno.errors.NotADirectory) {
      if (Deno.lstatSync(`${at.path}/${name}`).isSymlink) return "link";
    }
    if (!(error instanceof Deno.errors.NotFound) || make === undefined) {
      throw error;
    }
  }
  const entry = `${at.path}/${name}`;
  withoutUmask(() => Deno.mkdirSync(entry, { mode: make }));
  return openEntry(at, name, any);
}

/** @throws {Deno.errors.PermissionDenied} if other users could have put it there. */
function readTrustedLink(at: Held, name: string): string {
  const link = `${at.path}/${name}`;
  const place = join(at.place, name);
  if (!isTrusted(Deno.lstatSync(link).uid) || !isGuarded(at.place)) {
    throw new Deno.errors.PermissionDenied(
      `"${place}" is a link that other users can change`,
    );
  }
  return Deno.readLinkSync(link);
}

/**
 * @param any whether it may be something other than a directory
 * @throws {Deno.errors.NotFound} and others, from a look at the entry after openat(2) has
 * failed: errno(3) may have changed by then, since Deno makes system calls of its own
 * between two library calls.
 */
function openEntry(at: Held | undefined, name: string, any = false): Held {
  const place = at === undefined ? "/" : join(at.place, name);
  const entry = at === undefined ? "/" : `${at.path}/${name}`;
  for (let i = 0; i < TRIES; i++) {
    const descriptor = openAt(at?.descriptor, name, any);
    if (descriptor !== undefined) return new Held(descriptor, place);
    if (!isThere(entry, place, at?.place ?? "/", any)) {
      throw new Deno.errors.NotADirectory(`"${place}" isn't a directory`);
    }
  }
  throw new Error(`"${place}" can't be opened`);
}

/** Whether there is something that could be opened. */
function isThere(
  entry: string,
  place: string,
  directory: string,
  any: boolean,
): boolean {
  try {
    const { isDirectory } = Deno.lstatSync(entry);
    return any || isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Deno.errors.NotFound(`"${place}" doesn't exist`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      const message = `no permission to enter "${directory}"`;
      throw new Deno.errors.PermissionDenied(message);
    }
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw new Error(`"${place}" can't be opened: ${reasonOf(error)}`);
  }
}
