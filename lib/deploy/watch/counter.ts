import { join } from "@std/path";
import type { Instance } from "../../instance/instance.ts";
import { BrokenAnswers } from "../../nginx/broken_answers.ts";
import type { ProcessId } from "../../system/process.ts";
import { type Answer, loggedAddress } from "../../watch/answer.ts";
import { EMPTY_TALLY, type Tally, withAnswers } from "../../watch/tally.ts";
import { watchPlaces } from "../../live/watch_lines.ts";
import { WatchLog } from "../../watch/watch_log.ts";

/** Two releases of a service that are compared. */
export interface Pair {
  service: string;
  now: readonly Instance[];
  before: readonly Instance[];
}

/** The answers of a service's two releases. */
export interface Tallies {
  now: Tally;
  before: Tally;
}

export const NO_TALLIES: Tallies = { now: EMPTY_TALLY, before: EMPTY_TALLY };

/** How many reads later the log has a broken answer, at the latest. */
const PATIENCE = 4;

/** Counts the answers in nginx's log by instance. nginx logs them until this is disposed of. */
export class Counter implements Disposable {
  readonly #log: WatchLog;
  readonly #broken: BrokenAnswers;
  /** Connections whose broken answers aren't logged yet, and how many reads ago they broke. */
  #awaited = new Map<number, number>();

  /** @throws {Error} if nginx can't be made to log. */
  constructor(readonly live: string, master: ProcessId | undefined) {
    this.#broken = new BrokenAnswers(master);
    this.#log = new WatchLog(watchPlaces(live));
  }

  /**
   * The tallies of services by name, with the answers since the last count added.
   *
   * @param timed whether the times of the new release count, too
   */
  count(
    pairs: readonly Pair[],
    tallies: ReadonlyMap<string, Tallies>,
    timed = true,
  ): Map<string, Tallies> {
    const answers = Map.groupBy(this.#read(), ({ address }) => address);
    return new Map(pairs.map(({ service, now, before }) => {
      const known = tallies.get(service) ?? NO_TALLIES;
      return [service, {
        now: withAnswers(known.now, this.#of(now, answers), timed),
        before: withAnswers(known.before, this.#of(before, answers)),
      }];
    }));
  }

  /** The answers since the last read. */
  #read(): Answer[] {
    // nginx reports that an answer broke off before it logs the answer.
    for (const connection of this.#broken.look()) {
      this.#awaited.set(connection, 0);
    }
    const answers = this.#log.read();
    for (const [connection, looks] of this.#awaited) {
      const last = answers.findLastIndex((one) =>
        one.connection === connection && one.failure === undefined
      );
      const answer = answers[last];
      if (answer !== undefined) answers[last] = { ...answer, failure: "cut" };
      if (answer !== undefined || looks >= PATIENCE) {
        this.#awaited.delete(connection);
      } else this.#awaited.set(connection, looks + 1);
    }
    return answers;
  }

  #of(
    instances: readonly Instance[],
    answers: ReadonlyMap<string, Answer[]>,
  ): Answer[] {
    return instances.flatMap(({ id, address }) => {
      // For a socket, nginx may log the path of the link to it.
      const link = `unix:${join(this.live, ".sockets", id)}`;
      return [...address === undefined ? [] : [address], link]
        .flatMap((name) => answers.get(loggedAddress(name)) ?? []);
    });
  }

  [Symbol.dispose](): void {
    this.#log[Symbol.dispose]();
  }
}
