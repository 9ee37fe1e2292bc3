/**
 * How well a watch tells a bad release from a good one: simulated traffic, judged by the
 * code that judges a real one. Prints a table in Markdown.
 *
 *     deno task watch-decisions [--runs 100] [--seed 1]
 */
import { parseArgs } from "@std/cli/parse-args";
import type { Answer } from "../../lib/watch/answer.ts";
import { judge, RISK } from "../../lib/watch/judge.ts";
import {
  EMPTY_TALLY,
  failed,
  type Tally,
  timed,
  withAnswers,
} from "../../lib/watch/tally.ts";

const LIMITS = { errors: 0.01, slower: 2 };
/** As the watch has them, in s. */
const LOOK = 0.25;
const WATCH = 120;
const STEP = 60;
const BASELINE = 60;
const WARMING = 10;

/** What a release does. */
interface Release {
  name: string;
  /** The share of its answers that fail. */
  errors: number;
  /** How many times as long they take. */
  slower: number;
  /** The share that fails of the release before. */
  before?: number;
}

const RELEASES: Release[] = [
  { name: "as good", errors: 0, slower: 1 },
  { name: "both fail 2 %", errors: 0.02, slower: 1, before: 0.02 },
  { name: "0.5 % errors", errors: 0.005, slower: 1 },
  { name: "2 % errors", errors: 0.02, slower: 1 },
  { name: "5 % errors", errors: 0.05, slower: 1 },
  { name: "50 % errors", errors: 0.5, slower: 1 },
  { name: "20 % slower", errors: 0, slower: 1.2 },
  { name: "200 % slower", errors: 0, slower: 3 },
];

/** What became of a release that was watched once. */
interface Run {
  caught: boolean;
  /** When it went back, in s, and how many requests had failed by then. */
  after: number;
  failed: number;
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Of a standard normal distribution (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** How many requests come where `mean` are expected: Poisson, or close to it. */
  arrivals(mean: number): number {
    if (mean > 50) {
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    }
    let count = 0;
    for (let left = 1; (left *= this.next()) > Math.exp(-mean);) count++;
    return count;
  }
}

/** Adds what is answered at one look: times are lognormal, half of them below 40 ms. */
function grow(
  tally: Tally,
  chance: Chance,
  mean: number,
  { errors, slower }: Pick<Release, "errors" | "slower">,
  isTimed = true,
): Tally {
  const answers = Array.from({ length: chance.arrivals(mean) }, (): Answer => ({
    address: "127.0.0.1:1",
    connection: 1,
    failure: chance.next() < errors ? "5xx" : undefined,
    ms: Math.round(40 * slower * Math.exp(0.8 * chance.normal())),
  }));
  return withAnswers(tally, answers, isTimed);
}

/** `deploy --watch 2m` once. */
function watchAll(chance: Chance, rate: number, release: Release): Run {
  const { before: errors = 0 } = release;
  let before = EMPTY_TALLY;
  for (let time = 0; time < BASELINE; time += LOOK) {
    before = grow(before, chance, rate * LOOK, { errors, slower: 1 });
    if (before.requests >= 1000 && timed(before) >= 500) break;
  }
  let now = EMPTY_TALLY;
  for (let time = LOOK; time <= WATCH; time += LOOK) {
    now = grow(now, chance, rate * LOOK, release, time > WARMING);
    if (judge(now, before, LIMITS, RISK).worse !== undefined) {
      return { caught: true, after: time, failed: failed(now) };
    }
  }
  return { caught: false, after: WATCH, failed: failed(now) };
}

/** `deploy --canary 5,25,50 --watch 1m` once. */
function watchCanary(chance: Chance, rate: number, release: Release): Run {
  const { before: errors = 0 } = release;
  const shares = [0.05, 0.25, 0.5];
  let failures = 0;
  for (const [i, share] of shares.entries()) {
    let [now, before] = [EMPTY_TALLY, EMPTY_TALLY];
    for (let time = LOOK; time <= STEP; time += LOOK) {
      const isWarm = time > STEP / 10;
      now = grow(now, chance, rate * LOOK * share, release, isWarm);
      before = grow(before, chance, rate * LOOK * (1 - share), {
        ...{ errors, slower: 1 },
      });
      const { worse } = judge(now, before, LIMITS, RISK / shares.length);
      if (worse !== undefined) {
        const after = i * STEP + time;
        return { caught: true, after, failed: failures + failed(now) };
      }
    }
    failures += failed(now);
  }
  return { caught: false, after: STEP * shares.length, failed: failures };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const { runs, seed } = parseArgs(Deno.args, {
  string: ["runs", "seed"],
  default: { runs: "100", seed: "1" },
});
const chance = new Chance(Number(seed));
for (
  const [title, watch] of [
    ["deploy --watch 2m", watchAll],
    ["deploy --canary 5,25,50 --watch 1m", watchCanary],
  ] as const
) {
  print(`\n\`${title}\`, ${runs} runs each:\n`);
  print("| release | requests/s | went back | after | failed by then |");
  print("| --- | --- | --- | --- | --- |");
  for (const release of RELEASES) {
    for (const rate of [5, 50, 500]) {
      const all = Array.from(
        { length: Number(runs) },
        () => watch(chance, rate, release),
      );
      const caught = all.filter(({ caught }) => caught);
      const share = Math.round(1000 * caught.length / all.length) / 10;
      const after = median(caught.map(({ after }) => after));
      const failures = median(caught.map(({ failed }) => failed));
      const isSeen = caught.length > 0;
      print(
        `| ${release.name} | ${rate} | ${share} % | ` +
          `${isSeen ? `${after} s` : ""} | ${isSeen ? failures : ""} |`,
      );
    }
  }
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
