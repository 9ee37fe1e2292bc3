import { join } from "@std/path";
import { discard } from "../system/files.ts";
import { withoutUmask } from "../system/held.ts";
import { openToRead } from "../system/safe_open.ts";
import { type Answer, readAnswers } from "./answer.ts";

/** How long nginx logs for one flag, in ms: seconds, of which nginx leaves out the last digit. */
const PERIOD = 10_000;

/** How many flags lie ahead: so long nginx goes on after a zddeploy that was killed. */
const AHEAD = 3;

/** A longer log is emptied as soon as it is read, in bytes. */
const LONGEST = 16 * 2 ** 20;

/** How much of the log is read at once, in bytes; more is left out. */
const MOST = 64 * 2 ** 20;

/** Where a watch has its files. */
export interface WatchPlaces {
  /** The log that nginx writes. */
  log: string;
  /** The directory of the flags, which is there only while there is something in it. */
  flags: string;
}

/** What the name of a flag begins with; the time follows, in tens of seconds. */
export const WATCH_FLAG = "watch:";

/**
 * What nginx tells of each request, while somebody reads it. nginx logs while a file
 * exists that is named by the present time: it stops by itself when whoever watches is
 * killed, or the host is.
 */
export class WatchLog implements Disposable {
  #offset = 0;
  #rest = "";
  #flags = new Set<string>();

  /**
   * Has nginx log from now on.
   *
   * @throws {Error} if a file can't be made there.
   */
  constructor(readonly places: WatchPlaces) {
    // Requests that took longer than a watch have come in behind it.
    emptyLog(places.log);
    this.keepOn();
  }

  /** Has nginx go on: to be called again at least every ten seconds. */
  keepOn(now = Date.now()): void {
    const period = Math.floor(now / PERIOD);
    const wanted = Array.from(
      { length: AHEAD },
      (_, i) => join(this.places.flags, `${WATCH_FLAG}${period + i}`),
    );
    const options = { write: true, create: true, mode: 0o644 };
    // nginx's workers must get through, whatever the umask.
    withoutUmask(() => Deno.mkdirSync(this.places.flags, { recursive: true }));
    for (const flag of wanted) Deno.openSync(flag, options).close();
    for (const flag of this.#flags) if (!wanted.includes(flag)) discard(flag);
    this.#flags = new Set(wanted);
  }

  /** What was answered since it was read last; none while the log isn't there. */
  read(): Answer[] {
    this.keepOn();
    const text = this.#rest + this.#readOn();
    const lines = text.split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.flatMap(readAnswers);
  }

  /** Has nginx stop, and empties the log, which stays nginx's. */
  [Symbol.dispose](): void {
    cleanWatch(this.places);
  }

  #readOn(): string {
    try {
      using file = openToRead(this.places.log);
      const { size } = file.statSync();
      if (size < this.#offset) this.#offset = 0; // another has emptied it
      const begin = Math.max(this.#offset, size - MOST);
      file.seekSync(begin, Deno.SeekMode.Start);
      const bytes = new Uint8Array(size - begin);
      let done = 0;
      while (done < bytes.length) {
        const count = file.readSync(bytes.subarray(done));
        if (count === null) break;
        done += count;
      }
      this.#offset = begin + done;
      if (this.#offset > LONGEST) {
        emptyLog(this.places.log);
        this.#offset = 0;
      }
      return new TextDecoder("latin1").decode(bytes.subarray(0, done));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
  }
}

/** Has nginx stop to log for anybody, and empties the log, which stays nginx's. */
export function cleanWatch({ log, flags }: WatchPlaces): void {
  try {
    const names = [...Deno.readDirSync(flags)].map(({ name }) => name)
      .filter((name) => name.startsWith(WATCH_FLAG));
    for (const name of names) discard(join(flags, name));
    Deno.removeSync(flags); // if it is empty
  } catch { /* it isn't there, or others are in it */ }
  emptyLog(log);
}

function emptyLog(path: string): void {
  try {
    Deno.truncateSync(path);
  } catch {
    /* it isn't there, or on a full disk: nothing is written any more */
  }
}
