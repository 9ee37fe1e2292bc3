import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ALL_SHARES,
  BUCKET_NAMES,
  bucketLines,
  NO_SHARES,
  otherShares,
  SHARE_WEIGHTS,
  shareLines,
  sharesOf,
} from "../../lib/live/shares.ts";

/** The percent that shares make up. */
function sum(shares: string): number {
  if (shares === NO_SHARES) return 0;
  return [...shares].reduce(
    (sum, share) => sum + (SHARE_WEIGHTS[Number(share) - 1] ?? NaN),
    0,
  );
}

Deno.test("sharesOf() makes up every whole percent, no share twice", () => {
  for (let percent = 0; percent <= 100; percent++) {
    const shares = sharesOf(percent);
    assertEquals(sum(shares), percent);
    if (percent > 0) assertEquals(new Set(shares).size, shares.length);
  }
  assertEquals(sharesOf(0), NO_SHARES);
  assertEquals(sharesOf(100), ALL_SHARES);
});

Deno.test("sharesOf() refuses anything else", () => {
  for (const percent of [-1, 101, 0.5, NaN]) {
    assertThrows(() => sharesOf(percent), RangeError);
  }
});

Deno.test("sharesOf() takes no client back when a canary grows by its usual steps", () => {
  const steps = [1, 2, 5, 10, 20, 30, 50, 100].map(sharesOf);
  steps.forEach((shares, i) => {
    const larger = steps[i + 1] ?? ALL_SHARES;
    assert(
      [...shares].every((share) => larger.includes(share)),
      `${shares} and ${larger}`,
    );
  });
});

Deno.test("otherShares() is what is left", () => {
  for (let percent = 0; percent <= 100; percent++) {
    assertEquals(sum(otherShares(sharesOf(percent))), 100 - percent);
  }
});

Deno.test("shareLines() and bucketLines() split all requests, the rest going to the last", () => {
  for (const lines of [shareLines(), bucketLines()]) {
    const shown = lines.slice(0, -1).map((line) =>
      Number(/^(\d+)% \w+;$/.exec(line)?.[1])
    );
    assert(shown.reduce((a, b) => a + b, 0) < 100);
    assert(/^\* \w+;$/.test(lines.at(-1) ?? ""));
  }
  assertEquals(shareLines()[2], "3% 3;");
  assertEquals(bucketLines()[7], "1% 07;");
  assertEquals(new Set(BUCKET_NAMES).size, 100);
});
