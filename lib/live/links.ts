import { basename, dirname, join } from "@std/path";
import { messageOf, ZddError } from "../error.ts";
import type { Slot } from "../instance/slots.ts";
import { sha256 } from "../text/digest.ts";
import { discard, removeIfExists } from "../system/files.ts";
import { withoutUmask } from "../system/held.ts";
import {
  ALL_SHARES,
  BUCKET_NAMES,
  NO_SHARES,
  otherShares,
  SHARE_WEIGHTS,
  type Shares,
  sharesOf,
} from "./shares.ts";

/** An instance as a link leads to it. */
export interface Destination {
  id: string;
  /** `127.0.0.1:45643` or `unix:/path`. */
  address: string;
  slot?: Slot;
}

/** Where a service's requests go. */
export interface Route {
  current: Destination[];
  canary?: { instances: Destination[]; percent: number };
}

/**
 * The symbolic links by which nginx finds, at each request, who serves:
 *
 *     live/NAME        -> .shares/12  the shares of slot b, an empty file each
 *     live/to:NAME     -> at:ADDRESS  a service without slots: the address, and in it
 *                                     an empty file for each of the hundred buckets
 *     live/to:NAME     -> route:HASH  of several instances: a hundred links, each to
 *                                     ../at:ADDRESS/BUCKET
 *     live/.sockets/ID -> /path       a unix socket; at:ADDRESS is socket:ID then
 *
 * Replacing the first, second or third by rename(2) is the switch. A link is named by
 * its path below `live`: its key. nginx looks at every part of the path behind `to:` for
 * each request, so there are as few as can be.
 */
export class LiveLinks {
  readonly directory: string;

  constructor(readonly stateDir: string) {
    this.directory = join(stateDir, "live");
  }

  /** Where a link leads; undefined if there is none. */
  read(key: string): string | undefined {
    try {
      return Deno.readLinkSync(join(this.directory, key));
    } catch {
      return undefined;
    }
  }

  /**
   * Makes what a link needs that leads to a route, and returns the link's text.
   *
   * @param hasSlots whether nginx asks for slots or for addresses
   * @throws {ZddError} if a file or directory can't be made.
   */
  async prepare(
    route: Route,
    hasSlots = route.current.some(({ slot }) => slot !== undefined),
  ): Promise<string> {
    try {
      makeDirectory(this.directory);
      return hasSlots
        ? this.#prepareShares(sharesOfSlotB(route))
        : await this.#prepareRoute(route);
    } catch (error) {
      throw new ZddError(
        `Cannot write to "${this.directory}": ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /**
   * The switch: the link leads elsewhere from one instant to the next.
   *
   * @param target what `prepare` or `read` returned; undefined removes the link
   */
  point(key: string, target: string | undefined): void {
    const link = join(this.directory, key);
    const unique = crypto.randomUUID().slice(0, 8);
    const temporary = join(dirname(link), `.${basename(key)}.${unique}`);
    try {
      if (target === undefined) return removeIfExists(link);
      Deno.symlinkSync(target, temporary);
      Deno.renameSync(temporary, link);
    } catch (error) {
      discard(temporary);
      throw new ZddError(
        `Cannot move the link "${link}": ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /** Removes what no link leads to any more. */
  clean(): void {
    const names = entries(this.directory);
    const links = names.filter((name) => name.startsWith("to:"));
    const used = new Set(links.flatMap((link) => this.read(link) ?? []));
    for (const route of names.filter((name) => name.startsWith("route:"))) {
      if (!used.has(route)) continue;
      for (const bucket of entries(join(this.directory, route))) {
        const target = this.read(join(route, bucket)) ?? "";
        used.add(basename(dirname(target)));
      }
    }
    for (
      const name of names.filter((name) => /^(at|socket|route):/.test(name))
    ) {
      if (used.has(name)) continue;
      Deno.removeSync(join(this.directory, name), { recursive: true });
    }
    for (const name of entries(this.#sockets)) {
      if (!used.has(`socket:${name}`)) {
        Deno.removeSync(join(this.#sockets, name));
      }
    }
  }

  get #sockets(): string {
    return join(this.directory, ".sockets");
  }

  #prepareShares(shares: Shares): string {
    makeDirectory(join(this.directory, ".shares"));
    const names = shares === NO_SHARES ? [] : [...shares];
    return this.#prepareFiles(join(".shares", shares), names);
  }

  async #prepareRoute({ current, canary }: Route): Promise<string> {
    const [only, ...others] = current;
    if (only === undefined) throw new TypeError("nobody to route to");
    if (others.length === 0 && canary === undefined) {
      return this.#prepareAt(only);
    }
    // Named by all that it leads to: one that serves must never be changed in place.
    const ids = [...current, canary?.percent, ...canary?.instances ?? []]
      .map((each) => typeof each === "object" ? each.id : each);
    const route = `route:${await sha256(ids.join(" "))}`;
    makeDirectory(join(this.directory, route));
    const ofCanary = canary?.instances.map((each) => this.#prepareAt(each));
    const ofCurrent = current.map((each) => this.#prepareAt(each));
    BUCKET_NAMES.forEach((name, i) => {
      const isCanary = ofCanary !== undefined && i < (canary?.percent ?? 0);
      const among = isCanary ? ofCanary : ofCurrent;
      const where = among[i % among.length];
      if (where === undefined) throw new TypeError("nobody to route to");
      unlessExists(() =>
        Deno.symlinkSync(
          join("..", where, name),
          join(this.directory, route, name),
        )
      );
    });
    return route;
  }

  /** The directory whose name tells nginx the address. Returns that name. */
  #prepareAt({ id, address }: Destination): string {
    const path = /^unix:(.+)$/.exec(address)?.[1];
    if (path === undefined) {
      return this.#prepareFiles(`at:${address}`, BUCKET_NAMES);
    }
    makeDirectory(this.#sockets);
    // One that serves already must not be away for an instant.
    if (this.read(join(".sockets", id)) !== path) {
      const link = join(this.#sockets, id);
      removeIfExists(link);
      Deno.symlinkSync(path, link);
    }
    return this.#prepareFiles(`socket:${id}`, BUCKET_NAMES);
  }

  /** A directory with empty files: hard links to the first, which are cheap to look up. */
  #prepareFiles(name: string, files: string[]): string {
    const directory = join(this.directory, name);
    makeDirectory(directory);
    const [first = "", ...others] = files.map((file) => join(directory, file));
    if (first === "") return name;
    Deno.openSync(first, { write: true, create: true, mode: 0o644 }).close();
    for (const other of others) unlessExists(() => Deno.linkSync(first, other));
    return name;
  }
}

/** The shares that slot b serves. */
function sharesOfSlotB({ current, canary }: Route): Shares {
  const ofCanary = sharesOf(canary?.percent ?? 0);
  if (current[0]?.slot !== "b") return ofCanary;
  return ofCanary === NO_SHARES ? ALL_SHARES : otherShares(ofCanary);
}

/** The percent of the requests that a link's text sends to slot b; undefined if it isn't one of shares. */
export function percentOfSlotB(target: string): number | undefined {
  const shares = /^\.shares\/(none|\d+)$/.exec(target)?.[1];
  if (shares === undefined) return undefined;
  if (shares === NO_SHARES) return 0;
  return [...shares].reduce(
    (sum, share) => sum + (SHARE_WEIGHTS[Number(share) - 1] ?? 0),
    0,
  );
}

/** For the deploying user alone to write: whoever can write there redirects traffic. */
function makeDirectory(path: string): void {
  unlessExists(() => withoutUmask(() => Deno.mkdirSync(path, { mode: 0o755 })));
}

function unlessExists(make: () => void): void {
  try {
    make();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

function entries(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name);
  } catch {
    return [];
  }
}
