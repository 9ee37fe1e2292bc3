import { join } from "@std/path";
import { discard } from "../system/files.ts";
import { withoutUmask } from "../system/umask.ts";
import { openToRead } from "../system/safe_open.ts";
import { type Answer, readAnswers } from "./answer.ts";

/** How long nginx logs for one flag, in ms: nginx drops the last digit of the seconds. */
const PERIOD = 10_000;

/** How many flags exist in advance: nginx logs this long after zddeploy was killed. */
const AHEAD = 3;

/** A log longer than this is emptied after reading, in bytes. */
const LONGEST = 16 * 2 ** 20;

/** How much of the log is read at once, in bytes; anything before that is skipped. */
const MOST = 64 * 2 ** 20;

/** Where a watch keeps its files. */
export interface WatchPlaces {
  /** The log that nginx writes. */
  log: string;
  /** The directory of the flags, which exists only while it isn't empty. */
  flags: string;
}

/** The prefix of a flag's name. The time follows, in tens of seconds. */
export const WATCH_FLAG = "watch:";

/**
 * nginx's log of each request, while it is being read. nginx logs while a file exists whose
 * name is the current time, so it stops by itself if the watching process is killed or the
 * host crashes.
 */
export class WatchLog implements Disposable {
  #offset = 0;
  #rest = "";
  #flags = new Set<string>();

  /**
   * Makes nginx start logging.
   *
   * @throws {Error} if a file can't be created there.
   */
  constructor(readonly places: WatchPlaces) {
    // Requests that outlasted an earlier watch may have been logged after it.
    emptyLog(places.log);
    this.keepOn();
  }

  /** Makes nginx continue logging. Must be called at least every ten seconds. */
  keepOn(now = Date.now()): void {
    const period = Math.floor(now / PERIOD);
    const wanted = Array.from(
      { length: AHEAD },
      (_, i) => join(this.places.flags, `${WATCH_FLAG}${period + i}`),
    );
    const options = { write: true, create: true, mode: 0o644 };
    // nginx's workers need access, whatever the umask.
    withoutUmask(() => Deno.mkdirSync(this.places.flags, { recursive: true }));
    for (const flag of wanted) Deno.openSync(flag, options).close();
    for (const flag of this.#flags) if (!wanted.includes(flag)) discard(flag);
    this.#flags = new Set(wanted);
  }

  /** The answers since the last read; none while there is no log. */
  read(): Answer[] {
    this.keepOn();
    const text = this.#rest + this.#readOn();
    const lines = text.split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.flatMap(readAnswers);
  }

  /** Makes nginx stop logging, and empties the log, which nginx keeps open. */
  [Symbol.dispose](): void {
    cleanWatch(this.places);
  }

  #readOn(): string {
    try {
      using file = openToRead(this.places.log);
      const { size } = file.statSync();
      if (size < this.#offset) this.#offset = 0; // another process has emptied it
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

/** Makes nginx stop logging for all watches, and empties the log, which nginx keeps open. */
export function cleanWatch({ log, flags }: WatchPlaces): void {
  try {
    const names = [...Deno.readDirSync(flags)].map(({ name }) => name)
      .filter((name) => name.startsWith(WATCH_FLAG));
    for (const name of names) discard(join(flags, name));
    Deno.removeSync(flags); // if it is empty
  } catch { /* it isn't there, or isn't empty */ }
  emptyLog(log);
}

function emptyLog(path: string): void {
  try {
    Deno.truncateSync(path);
  } catch {
    /* it isn't there, or can't be truncated: nothing is logged any more */
  }
}
