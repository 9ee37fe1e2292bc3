import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  BUCKET_NAMES,
  bucketLines,
  bucketsOfCanary,
  bucketsOfCurrent,
} from "../../lib/live/buckets.ts";

Deno.test("a canary and the release beside it have all buckets between them", () => {
  for (let percent = 0; percent <= 100; percent++) {
    assertEquals(bucketsOfCanary(percent).length, percent);
    assertEquals(
      [...bucketsOfCanary(percent), ...bucketsOfCurrent(percent)],
      BUCKET_NAMES,
    );
  }
});

Deno.test("a canary that grows keeps its buckets, at any step", () => {
  for (let percent = 1; percent <= 100; percent++) {
    const larger = new Set(bucketsOfCanary(percent));
    assert(bucketsOfCanary(percent - 1).every((bucket) => larger.has(bucket)));
  }
});

Deno.test("only whole percents are shares", () => {
  for (const percent of [-1, 101, 0.5, NaN]) {
    assertThrows(() => bucketsOfCanary(percent), RangeError);
    assertThrows(() => bucketsOfCurrent(percent), RangeError);
  }
});

Deno.test("bucketLines() splits all requests, the rest going to the last", () => {
  const lines = bucketLines();
  assertEquals(lines[7], "1% 07;");
  assertEquals(lines.at(-1), "* 99;");
  assertEquals(lines.length, 100);
  assertEquals(new Set(BUCKET_NAMES).size, 100);
});
