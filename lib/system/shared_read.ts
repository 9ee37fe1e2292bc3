import { sleep } from "./wait.ts";

/** How long the last answer is recent at least, in ms; longer if reading took longer. */
const RECENT = 20;

/**
 * Something that takes long to read, which many want to know at about the same time. One
 * read is enough for all of them, if it begins after they have asked. Times are in ms of
 * `performance.now()`.
 */
export class SharedRead<T> {
  #last?: { value: T; begin: number; end: number };
  /** When the next may read who has called {@linkcode turn}. */
  #next = 0;

  constructor(readonly read: () => T) {}

  /**
   * What was read.
   *
   * @param notBefore when the read must have begun at the earliest; now by default
   */
  get(notBefore = performance.now()): T {
    if (this.#last === undefined || this.#last.begin < notBefore) {
      const begin = performance.now();
      const value = this.read();
      this.#last = { value, begin, end: performance.now() };
    }
    return this.#last.value;
  }

  /**
   * A `notBefore` for those who don't mind missing what has changed a moment ago: when the
   * last read began if that was a moment ago, now otherwise.
   */
  recently(): number {
    const now = performance.now();
    if (this.#last === undefined) return now;
    const { begin, end } = this.#last;
    return now < end + Math.max(RECENT, end - begin) ? begin : now;
  }

  /**
   * A `notBefore` for those who must not miss anything that has changed before this call. If
   * many call this side by side, they are made to wait for each other, so that they share a
   * read and reading takes half of the time at most.
   */
  async turn(): Promise<number> {
    const asked = performance.now();
    if (asked < this.#next) await sleep(this.#next - asked);
    const { begin, end } = this.#last ?? { begin: 0, end: 0 };
    this.#next = performance.now() + 2 * (end - begin);
    return asked;
  }

  /** Forgets what was read, since more is wanted now. */
  forget(): void {
    this.#last = undefined;
  }
}
