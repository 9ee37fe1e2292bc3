import { basename, dirname, join } from "@std/path";
import { messageOf, ZddError } from "../error.ts";
import type { Slot } from "../service/slots.ts";
import { discard, removeIfExists } from "../system/files.ts";
import {
  ALL_SHARES,
  BUCKET_NAMES,
  NO_SHARES,
  otherShares,
  SHARE_WEIGHTS,
  type Shares,
  sharesOf,
} from "../template/shares.ts";

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
 *     live/NAME        -> .shares/12     the shares of slot b, an empty file each
 *     live/.at/NAME    -> ../.routes/ID  the hundred links of a service without slots,
 *                                        each to at/ADDRESS
 *     live/.sockets/ID -> /path          where the address is a unix socket
 *
 * Replacing the first or the second by rename(2) is the switch. A link is named by its
 * path below `live`: its key.
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
  prepare(
    route: Route,
    hasSlots = route.current.some(({ slot }) => slot !== undefined),
  ): string {
    try {
      makeDirectory(this.directory);
      return hasSlots
        ? this.#prepareShares(sharesOfSlotB(route))
        : this.#prepareBuckets(route);
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
    const routes = new Set(
      entries(join(this.directory, ".at"))
        .flatMap((name) => this.read(join(".at", name)) ?? []),
    );
    const used = new Set<string>();
    for (const name of entries(join(this.directory, ".routes"))) {
      const route = join(this.directory, ".routes", name);
      if (!routes.has(join("../.routes", name))) {
        Deno.removeSync(route, { recursive: true });
        continue;
      }
      for (const bucket of entries(route)) {
        used.add(basename(Deno.readLinkSync(join(route, bucket))));
      }
    }
    for (const directory of [this.#at, this.#sockets]) {
      for (const name of entries(directory)) {
        if (!used.has(name)) Deno.removeSync(join(directory, name));
      }
    }
  }

  get #at(): string {
    return join(this.stateDir, "at");
  }
  get #sockets(): string {
    return join(this.directory, ".sockets");
  }

  /** A directory with a file for each share; hard links, which are cheap to look up. */
  #prepareShares(shares: Shares): string {
    const parent = join(this.directory, ".shares");
    const directory = join(parent, shares);
    makeDirectory(parent);
    makeDirectory(directory);
    if (shares === NO_SHARES) return join(".shares", shares);
    const file = join(parent, "share");
    Deno.openSync(file, { write: true, create: true, mode: 0o644 }).close();
    for (const share of shares) {
      unlessExists(() => Deno.linkSync(file, join(directory, share)));
    }
    return join(".shares", shares);
  }

  /** A directory with a link for each bucket. */
  #prepareBuckets({ current, canary }: Route): string {
    const parent = join(this.directory, ".routes");
    const of = canary && `+${canary.instances[0]?.id}+${canary.percent}`;
    const directory = join(parent, `${current[0]?.id}${of ?? ""}`);
    makeDirectory(join(this.directory, ".at"));
    makeDirectory(parent);
    makeDirectory(directory);
    const share = canary?.percent ?? 0;
    BUCKET_NAMES.forEach((name, i) => {
      const among = i < share ? canary?.instances ?? [] : current;
      const destination = among[i % among.length];
      if (destination === undefined) throw new TypeError("nobody to route to");
      const where = this.#prepareAt(destination);
      unlessExists(() =>
        Deno.symlinkSync(join("../../../at", where), join(directory, name))
      );
    });
    return join("../.routes", basename(directory));
  }

  /** The directory whose name tells nginx the address. Returns that name. */
  #prepareAt({ id, address }: Destination): string {
    makeDirectory(this.#at);
    const path = /^unix:(.+)$/.exec(address)?.[1];
    const where = path === undefined ? address : `unix-${id}`;
    makeDirectory(join(this.#at, where));
    if (path !== undefined) {
      makeDirectory(this.#sockets);
      const link = join(this.#sockets, where);
      removeIfExists(link);
      Deno.symlinkSync(path, link);
    }
    return where;
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
  unlessExists(() => {
    Deno.mkdirSync(path);
    Deno.chmodSync(path, 0o755);
  });
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
