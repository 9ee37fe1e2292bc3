import { join } from "@std/path";
import { discard } from "../system/files.ts";
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

/** The log that nginx writes while a release is watched. */
export function watchLog(live: string): string {
  return `${live}/watch.log`;
}

/** What the name of a flag begins with; the time follows, in tens of seconds. */
export function watchFlag(live: string): string {
  return `${live}/watch:`;
}

/**
 * What nginx tells of each request, while somebody reads it. nginx logs while a file
 * exists that is named by the present time: it stops by itself when whoever watches is
 * killed, or the host is.
 */
export class WatchLog implements Disposable {
  readonly #path: string;
  #offset = 0;
  #rest = "";
  #flags = new Set<string>();

  /**
   * Has nginx log from now on.
   *
   * @param live the directory of the live links
   * @throws {Error} if a file can't be made there.
   */
  constructor(readonly live: string) {
    this.#path = watchLog(live);
    // Requests that took longer than a watch have come in behind it.
    emptyLog(this.#path);
    this.keepOn();
  }

  /** Has nginx go on: to be called again at least every ten seconds. */
  keepOn(now = Date.now()): void {
    const period = Math.floor(now / PERIOD);
    const wanted = Array.from(
      { length: AHEAD },
      (_, i) => `${watchFlag(this.live)}${period + i}`,
    );
    const options = { write: true, create: true, mode: 0o644 };
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
    for (const flag of this.#flags) discard(flag);
    emptyLog(this.#path);
  }

  #readOn(): string {
    try {
      using file = openToRead(this.#path);
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
        emptyLog(this.#path);
        this.#offset = 0;
      }
      return new TextDecoder("latin1").decode(bytes.subarray(0, done));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
  }
}

/** Removes the flags that a watch has left which was killed, and what nginx logged for it. */
export function cleanWatch(live: string): void {
  let names: string[];
  try {
    names = [...Deno.readDirSync(live)].map(({ name }) => name);
  } catch {
    return; // there is no live switch
  }
  const flags = names.filter((name) => /^watch:\d+$/.test(name));
  for (const flag of flags) discard(join(live, flag));
  if (flags.length > 0) emptyLog(watchLog(live));
}

function emptyLog(path: string): void {
  try {
    Deno.truncateSync(path);
  } catch {
    /* it isn't there, or on a full disk: nothing is written any more */
  }
}
