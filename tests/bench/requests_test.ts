import { assertEquals } from "@std/assert";
import { countChanges, lossesOf, momentsOf, type Outcome } from "./requests.ts";

function outcome(
  began: number,
  ended: number,
  release?: string,
  more: Partial<Outcome> = {},
): Outcome {
  return {
    began,
    ended,
    keepsAlive: true,
    reused: true,
    method: "GET",
    release,
    failure: release === undefined ? "closed" : undefined,
    ...more,
  };
}

Deno.test("countChanges() counts one for a switch at one instant", () => {
  const outcomes = [
    outcome(0, 10, "r0"),
    outcome(11, 20, "r1"),
    outcome(21, 30, "r1"),
  ];
  assertEquals(countChanges(outcomes), 1);
});

Deno.test("countChanges() counts no change that overlapping requests explain", () => {
  const outcomes = [
    outcome(0, 10, "r0"),
    outcome(11, 20, "r1"),
    // It had been sent when the new one answered.
    outcome(19, 25, "r0"),
    outcome(21, 30, "r1"),
  ];
  assertEquals(countChanges(outcomes), 1);
});

Deno.test("countChanges() counts two for an old answer to a later request", () => {
  const outcomes = [
    outcome(0, 10, "r0"),
    outcome(11, 20, "r1"),
    outcome(20.1, 25, "r0"),
    outcome(25.1, 30, "r1"),
    outcome(31, 32), // lost
  ];
  assertEquals(countChanges(outcomes.toReversed()), 3);
});

Deno.test("lossesOf() tells lost requests apart", () => {
  const losses = lossesOf([
    outcome(0, 1, "r0"),
    outcome(0, 1, undefined, { failure: "reset" }),
    outcome(0, 1, undefined, { failure: "hang", reused: false }),
    outcome(0, 1, undefined, { failure: "reset", method: "POST" }),
  ]);
  assertEquals(losses, {
    requests: 4,
    lost: 3,
    reused: 2,
    fresh: 1,
    get: 2,
    post: 1,
    kinds: { reset: 2, hang: 1 },
  });
});

Deno.test("momentsOf() puts requests where they were over", () => {
  const outcomes = [
    outcome(990, 1010, "r0"),
    outcome(1010, 1050, "r0"),
    outcome(1050, 1150),
  ];
  assertEquals(momentsOf(outcomes, 1000, 1250), [
    { at: 0, p50: 20, p99: 40, max: 40, lost: 0 },
    { at: 100, p50: NaN, p99: NaN, max: NaN, lost: 1 },
  ]);
});
