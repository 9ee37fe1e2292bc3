import { assertEquals } from "@std/assert";
import { judge, type Judgement, type Limits } from "../../lib/watch/judge.ts";
import { EMPTY_TALLY, type Tally } from "../../lib/watch/tally.ts";

const LIMITS: Limits = { errors: 0.01, slower: 2 };

/** A tally of so many requests, of which some failed, that took these times in turn. */
function tally(requests: number, failed = 0, times: number[] = []): Tally {
  const counts = new Map<number, number>();
  for (let i = 0; i < requests; i++) {
    const ms = times[i % times.length];
    if (ms !== undefined) counts.set(ms, (counts.get(ms) ?? 0) + 1);
  }
  const failures = { ...EMPTY_TALLY.failures, "5xx": failed };
  return { requests, failures, times: counts };
}

const GOOD = tally(1000);

for (
  const { name, now, before = GOOD, worse, enough = true } of [
    { name: "nobody asked", now: tally(0), enough: false },
    {
      name: "all that were asked failed, but few were",
      now: tally(9, 9),
      enough: false,
    },
    { name: "all of ten failed", now: tally(10, 10), worse: "errors" },
    { name: "5 % of 200 failed", now: tally(200, 10), enough: true },
    { name: "5 % of 1000 failed", now: tally(1000, 50), worse: "errors" },
    { name: "as many failed as the limit allows", now: tally(20_000, 200) },
    {
      name: "as many failed as before",
      now: tally(20_000, 1000),
      before: tally(20_000, 1000),
    },
    {
      name: "twice as many failed as before",
      now: tally(20_000, 2000),
      before: tally(20_000, 1000),
      worse: "errors",
    },
    {
      name: "half of them failed, and nothing is known of before",
      now: tally(40, 20),
      before: tally(0),
      worse: "errors",
    },
    {
      name: "some failed, and little is known of before",
      now: tally(200, 16),
      before: tally(20),
    },
  ] as {
    name: string;
    now: Tally;
    before?: Tally;
    worse?: Judgement["worse"];
    enough?: boolean;
  }[]
) {
  Deno.test(`judge() by failures: ${name}`, () => {
    assertEquals(
      judge(now, before, LIMITS),
      worse === undefined ? { enough } : { worse, enough },
    );
  });
}

const TIMES = [20, 22, 25, 30, 24, 21, 26, 80, 23, 27];
const USUAL = tally(1000, 0, TIMES);

for (
  const { name, now, before = USUAL, limits = LIMITS, worse } of [
    { name: "as before", now: tally(1000, 0, TIMES) },
    {
      name: "half as long again",
      now: tally(1000, 0, TIMES.map((ms) => 1.5 * ms)),
    },
    {
      name: "three times as long",
      now: tally(1000, 0, TIMES.map((ms) => 3 * ms)),
      worse: "p50",
    },
    {
      name: "three times as long, which may be",
      now: tally(1000, 0, TIMES.map((ms) => 3 * ms)),
      limits: { errors: 0.01 },
    },
    {
      name: "three times as long, but few",
      now: tally(100, 0, TIMES.map((ms) => 3 * ms)),
    },
    {
      name: "a fifth of them much longer",
      now: tally(1000, 0, [...TIMES.slice(0, 8), 900, 950]),
      worse: "p95",
    },
    {
      name: "three times as long, and nothing is known of before",
      now: tally(1000, 0, [60]),
      before: tally(0),
    },
    {
      name: "some milliseconds",
      now: tally(1000, 0, [4]),
      before: tally(1000, 0, [1]),
    },
  ] as {
    name: string;
    now: Tally;
    before?: Tally;
    limits?: Limits;
    worse?: Judgement["worse"];
  }[]
) {
  Deno.test(`judge() by times: ${name}`, () => {
    assertEquals(judge(now, before, limits).worse, worse);
  });
}
