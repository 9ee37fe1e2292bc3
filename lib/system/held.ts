import { basename, dirname, join, resolve } from "@std/path";
import { reasonOf } from "../error.ts";
import { IS_LINUX } from "./platform.ts";
import { isGuarded, isTrusted } from "./trusted.ts";

// The flags of open(2) that are the same on all machines that Deno runs on, but for
// O_DIRECTORY and O_NOFOLLOW (asm-generic/fcntl.h, arch/arm64/include/uapi/asm/fcntl.h).
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const [O_DIRECTORY, O_NOFOLLOW] = Deno.build.arch === "aarch64"
  ? [0o40000, 0o100000]
  : [0o200000, 0o400000];

/** How often something is opened that is there, and yet can't be: others may be replacing it. */
const TRIES = 5;

/** As many links as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * A file or directory by a descriptor: it stays what it was when it was looked at, whatever
 * others make of its name. It isn't opened by that: a FIFO doesn't block and a device
 * isn't touched (open(2), O_PATH).
 */
export class Held implements Disposable {
  /** @param place where it was found: its path without links */
  constructor(readonly descriptor: number, readonly place: string) {}

  /** A path by which zdd can use it (proc(5)). */
  get path(): string {
    return `/proc/self/fd/${this.descriptor}`;
  }

  /** A path by which a child of zdd can use it, as long as it is held. */
  get pathForChild(): string {
    return `/proc/${Deno.pid}/fd/${this.descriptor}`;
  }

  /** What it is; of a link itself, not of what that leads to. */
  stat(): Deno.FileInfo {
    return Deno.statSync(this.path);
  }

  [Symbol.dispose](): void {
    libc().close(this.descriptor);
  }
}

/**
 * What is "held" by its name alone, on systems without /proc: nothing is deployed there,
 * and no other user's files are used.
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
  /** Whether a link at the path's end is followed, if it is a trusted one. */
  follow?: boolean;
}

/**
 * Holds what is at a path. No link on the way is followed, but those that only root, the
 * one who runs zdd or the owner of deploy.conf can have put there: a service's user must
 * not make zdd use a file that the user can't use anyway.
 *
 * @throws {Deno.errors.NotFound} if there is nothing.
 * @throws {Deno.errors.PermissionDenied} if a link isn't to be trusted.
 */
export function hold(path: string, { follow = false }: HoldOptions = {}): Held {
  return walk(path, follow ? "any" : "itself");
}

/** The same for a directory, through the same links. */
export function holdDirectory(path: string): Held {
  return walk(path, "directory");
}

/**
 * Makes a directory and those above it that are missing, with exactly this mode, and
 * holds it.
 */
export function makeDirectory(path: string, mode = 0o755): Held {
  return walk(path, "directory", mode);
}

/**
 * Does something to an entry of a directory, which is meant whatever others rename.
 *
 * @param path the entry's
 * @param act gets a path that leads there through no link; the entry itself may be one
 */
export function inDirectory<T>(path: string, act: (entry: string) => T): T {
  using directory = holdDirectory(dirname(resolve(path)));
  const entry = `${directory.path}/${basename(path)}`;
  return withoutDescriptors(() => act(entry));
}

/** Does something with paths of what is held, which nobody understands in a message. */
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

/** What the end of a path is to be: anything but a link, anything, or a directory. */
type End = "any" | "itself" | "directory";

function walk(path: string, end: End, make?: number): Held {
  if (!IS_LINUX) return byName(resolve(path), end, make);
  const left = namesIn(resolve(path));
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

/** Holds an entry of a directory, which is made if that is wanted; "link" if it is one. */
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

/** @throws {Deno.errors.PermissionDenied} if others could have put it there. */
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

/** Does something in which new files get exactly the mode that they are made with. */
export function withoutUmask<T>(make: () => T): T {
  if (Deno.build.os === "windows") return make(); // which has none
  const umask = Deno.umask(0);
  try {
    return make();
  } finally {
    Deno.umask(umask);
  }
}

/**
 * @param any whether it may be something else than a directory
 * @throws {Deno.errors.NotFound} and others, by what is found there after openat(2) has
 * failed: errno(3) is another's by then, since Deno makes system calls between two calls of
 * a library.
 */
function openEntry(at: Held | undefined, name: string, any = false): Held {
  const flags = O_PATH | O_NOFOLLOW | O_CLOEXEC | (any ? 0 : O_DIRECTORY);
  const path = new TextEncoder().encode(`${name}\0`);
  const place = at === undefined ? "/" : join(at.place, name);
  const entry = at === undefined ? "/" : `${at.path}/${name}`;
  for (let i = 0; i < TRIES; i++) {
    const descriptor = libc().openat(at?.descriptor ?? -1, path, flags);
    if (descriptor >= 0) return new Held(descriptor, place);
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
      const message = `"${directory}" may not be entered`;
      throw new Deno.errors.PermissionDenied(message);
    }
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw new Error(`"${place}" can't be opened: ${reasonOf(error)}`);
  }
}

interface Libc {
  openat(at: number, path: Uint8Array<ArrayBuffer>, flags: number): number;
  close(descriptor: number): number;
}

let loaded: Libc | undefined;

/** What neither Deno nor node:fs can: they give no directory to start from. */
function libc(): Libc {
  if (loaded !== undefined) return loaded;
  const { symbols } = Deno.dlopen("libc.so.6", {
    openat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });
  return loaded = symbols;
}
