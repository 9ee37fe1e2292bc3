import { assert } from "@std/assert";
import { evidence, upperShare } from "../../lib/watch/evidence.ts";

function assertNear(value: number, expected: number, by = 1e-9): void {
  assert(Math.abs(value - expected) < by, `${value} is not ${expected}`);
}

Deno.test("evidence() is that of a mixture of shares against one", () => {
  // Three failures of three against a half: B(3.5, 0.5) / B(0.5, 0.5) = 5/16, times 8.
  assertNear(evidence(3, 3, 0.5), Math.log(5 / 16 * 8));
  assertNear(evidence(0, 0, 0.5), 0);
  assert(evidence(500, 10_000, 0.05) < 0, "what is expected is no evidence");
  assert(evidence(700, 10_000, 0.05) > 20);
});

Deno.test("upperShare() shrinks to what is seen as more is known", () => {
  const bounds = [0, 10, 100, 1000, 10_000]
    .map((trials) => upperShare(trials / 20, trials, 0.01));
  assertNear(bounds[0] ?? 0, 1, 1e-5);
  for (const [i, bound] of bounds.entries()) {
    assert(bound > 0.05 && bound <= (bounds[i - 1] ?? 1), `${bounds}`);
  }
  assert((bounds.at(-1) ?? 1) < 0.065);
});
