import { basename, dirname, join } from "@std/path";
import { STEERING, TOKEN } from "./steering.ts";
import { messageOf, ZddError } from "../error.ts";
import { SLOTS } from "../instance/slots.ts";
import { sha256 } from "../text/digest.ts";
import { discard, removeIfExists } from "../system/files.ts";
import { withoutUmask } from "../system/umask.ts";
import { BUCKET_NAMES } from "./buckets.ts";
import {
  bucketsOfSlots,
  type Destination,
  nameOfSlots,
  type Route,
} from "./route.ts";

/** The directory of the links to unix sockets. */
export const SOCKETS = ".sockets";

/**
 * The symbolic links by which nginx finds the instance that serves each request:
 *
 *     live/slots:NAME -> .slots/b+a10  a file SLOT+BUCKET, such as b42, for each of the
 *                                      hundred buckets that the first slot doesn't serve
 *     live/to:NAME    -> at:ADDRESS    a service without slots: the address, and in it
 *                                      an empty file for each bucket
 *     live/to:NAME    -> route:HASH    of several instances: a hundred links, each to
 *                                      ../at:ADDRESS/BUCKET
 *     live/.sockets/ID -> /path        a unix socket; at:ADDRESS is socket:ID then
 *     live/steering/…                  what steers all requests: see steering.ts
 *
 * Replacing one of the first three by rename(2) is the switch. The key of a link is its
 * path below `live`. nginx resolves every part of the path after `to:` for each request, so
 * there are as few as possible.
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
   * The addresses that the link of a service without slots leads to; none if it doesn't
   * exist.
   */
  addresses(key: string): string[] {
    const target = this.read(key) ?? "";
    const places = target.startsWith("route:")
      ? entriesIn(join(this.directory, target)).map((bucket) =>
        basename(dirname(this.read(join(target, bucket)) ?? ""))
      )
      : [target];
    return [...new Set(places)].flatMap((place) => {
      const [, kind, name = ""] = /^(at|socket):(.+)$/.exec(place) ?? [];
      if (kind === "at") return [name];
      if (kind !== "socket") return [];
      const path = this.read(join(SOCKETS, name));
      return path === undefined ? [] : [`unix:${path}`];
    });
  }

  /**
   * Creates what a link to a route needs, and returns the link's text.
   *
   * @param hasSlots whether nginx looks for slots or for addresses
   * @throws {ZddError} if a file or directory can't be created.
   */
  async prepare(
    route: Route,
    hasSlots = route.current.some(({ slot }) => slot !== undefined),
  ): Promise<string> {
    try {
      makeDirectory(this.directory);
      return hasSlots
        ? this.#prepareSlots(route)
        : await this.#prepareRoute(route);
    } catch (error) {
      throw new ZddError(
        `Cannot write to "${this.directory}": ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /**
   * The switch: makes a link lead elsewhere, atomically.
   *
   * @param key a name, or one below `steering`, a directory that exists only while it isn't
   * empty
   * @param target what `prepare` or `read` returned; undefined removes the link
   */
  point(key: string, target: string | undefined): void {
    const link = join(this.directory, key);
    const unique = crypto.randomUUID().slice(0, 8);
    const temporary = join(dirname(link), `.${basename(key)}.${unique}`);
    const isSteering = dirname(key) !== ".";
    try {
      if (target === undefined) {
        removeIfExists(link);
        if (isSteering) removeIfEmpty(dirname(link));
        return;
      }
      if (isSteering) makeDirectory(dirname(link), 0o711);
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

  /**
   * Lets requests with a word through, however others are steered, until it is disposed of;
   * see `ALONE`. Does nothing if nothing is steered.
   */
  letThrough(word: string): Disposable {
    const file = join(this.directory, STEERING, `${TOKEN}${word}`);
    try {
      Deno.openSync(file, { write: true, createNew: true, mode: 0o600 })
        .close();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return { [Symbol.dispose]: () => removeIfExists(file) };
  }

  get #sockets(): string {
    return join(this.directory, SOCKETS);
  }

  #prepareSlots(route: Route): string {
    makeDirectory(join(this.directory, ".slots"));
    const files = bucketsOfSlots(route)
      // A request without a file for its bucket goes to the first slot.
      .filter(({ slot }) => slot !== SLOTS[0])
      .flatMap(({ slot, buckets }) => buckets.map((bucket) => slot + bucket));
    return this.#prepareFiles(join(".slots", nameOfSlots(route)), files);
  }

  async #prepareRoute({ current, canary }: Route): Promise<string> {
    const [only, ...others] = current;
    if (only === undefined) throw new TypeError("nobody to route to");
    if (others.length === 0 && canary === undefined) {
      return this.#prepareAt(only);
    }
    // Named by a hash of all it leads to: a route in use must never be changed in place.
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

  /** Creates the directory whose name gives nginx the address. Returns that name. */
  #prepareAt({ id, address }: Destination): string {
    const path = /^unix:(.+)$/.exec(address)?.[1];
    if (path === undefined) {
      return this.#prepareFiles(`at:${address}`, BUCKET_NAMES);
    }
    makeDirectory(this.#sockets);
    // A link in use must not disappear even for an instant.
    if (this.read(join(SOCKETS, id)) !== path) {
      const link = join(this.#sockets, id);
      removeIfExists(link);
      Deno.symlinkSync(path, link);
    }
    return this.#prepareFiles(`socket:${id}`, BUCKET_NAMES);
  }

  /**
   * Creates a directory with empty files: hard links to the first, which are fast to look
   * up.
   */
  #prepareFiles(name: string, files: string[]): string {
    const directory = join(this.directory, name);
    makeDirectory(directory);
    const [first, ...others] = files;
    if (first === undefined) return name;
    const present = new Set(entriesIn(directory));
    const original = join(directory, first);
    if (!present.has(first)) {
      Deno.openSync(original, { write: true, createNew: true, mode: 0o644 })
        .close();
    }
    for (const other of others.filter((name) => !present.has(name))) {
      Deno.linkSync(original, join(directory, other));
    }
    return name;
  }
}

/** Only the deploying user may write to it: anyone who can write there can redirect traffic. */
function makeDirectory(path: string, mode = 0o755): void {
  unlessExists(() => withoutUmask(() => Deno.mkdirSync(path, { mode })));
}

/** Removes a directory if it is empty: another link in it may still steer requests. */
export function removeIfEmpty(directory: string): void {
  try {
    Deno.removeSync(directory);
  } catch { /* it isn't empty, or is already gone */ }
}

function unlessExists(make: () => void): void {
  try {
    make();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** The names in a directory; none if it doesn't exist. */
export function entriesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name);
  } catch {
    return [];
  }
}
