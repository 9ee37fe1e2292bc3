import { assert, assertEquals } from "@std/assert";
import { evidence, evidenceOfMore } from "../../lib/watch/evidence.ts";

function assertNear(value: number, expected: number, by = 1e-9): void {
  assert(Math.abs(value - expected) < by, `${value} is not ${expected}`);
}

const of = (hits: number, trials: number) => ({ hits, trials });

Deno.test("evidence() is that of a mixture of shares against one", () => {
  // Three of three against a half: B(3.5, 0.5) / B(0.5, 0.5) = 5/16, times 8.
  assertNear(evidence(of(3, 3), 0.5), Math.log(5 / 16 * 8));
  // None of one against a tenth, where B(1, 20) is expected: 20/21, by 9/10.
  assertNear(evidence(of(0, 1), 0.1, { a: 1, b: 20 }), Math.log(20 / 21 / 0.9));
  assertNear(evidence(of(0, 0), 0.5), 0);
  assert(
    evidence(of(500, 10_000), 0.05) < 0,
    "what is expected is no evidence",
  );
  assert(evidence(of(700, 10_000), 0.05) > 20);
});

Deno.test("evidenceOfMore() is what the best excuse leaves", () => {
  const [now, before] = [of(50, 1000), of(5, 1000)];
  const least = evidenceOfMore(now, before, 0.01);
  for (let share = 0; share < 0.2; share += 0.0001) {
    const small = { a: 0.5, b: 20 };
    const against = evidence(before, share, small) +
      evidence(now, share + 0.01, small, { a: 0.5, b: 0.5 });
    assert(against > least - 1e-3, `${share}: ${against} < ${least}`);
  }
  assert(least > 5);
  assertEquals(evidenceOfMore(of(10, 1000), before, 0.01), -Infinity);
  assertEquals(evidenceOfMore(of(0, 0), of(0, 0), 0.01), -Infinity);
});

Deno.test("evidenceOfMore() needs few requests if most of them fail", () => {
  assert(evidenceOfMore(of(10, 15), of(0, 16), 0.01, 0.1) > 6);
  assert(evidenceOfMore(of(15, 30), of(1, 30), 0.01) > 5.3);
  assert(evidenceOfMore(of(24, 512), of(0, 4120), 0.01, 0.1) > 6);
  assert(evidenceOfMore(of(3, 15), of(0, 16), 0.01, 0.1) < 3);
});

Deno.test("evidenceOfMore() takes an unknown share to be at most so much", () => {
  assert(evidenceOfMore(of(20, 20), of(0, 0), 0.01, 0.1) > 5);
  assert(evidenceOfMore(of(20, 20), of(0, 0), 0.01) < 1);
});
