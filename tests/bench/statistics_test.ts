import { assertEquals } from "@std/assert";
import {
  alternate,
  formatSummary,
  median,
  percentile,
  ratios,
  slope,
  summarize,
} from "./statistics.ts";

Deno.test("percentile() is the smallest value that the part doesn't exceed", () => {
  const values = [30, 10, 40, 20];
  assertEquals(
    [0, 0.25, 0.26, 0.5, 0.99, 1].map((part) => percentile(values, part)),
    [10, 10, 20, 20, 40, 40],
  );
  assertEquals(percentile([], 0.5), NaN);
  assertEquals(values, [30, 10, 40, 20]);
});

Deno.test("median() is the middle, or between the two in the middle", () => {
  assertEquals(median([9, 1, 2]), 2);
  assertEquals(median([9, 1, 2, 4]), 3);
  assertEquals(median([]), NaN);
});

Deno.test("formatSummary() shows what lies around the median, if there is anything", () => {
  const summary = summarize([3, 1, 2]);
  assertEquals(summary, { median: 2, min: 1, max: 3, rounds: 3 });
  assertEquals(formatSummary(summary, 1), "2.0 (1.0–3.0)");
  assertEquals(formatSummary(summarize([7]), 0), "7");
});

Deno.test("ratios() compares what was measured beside each other", () => {
  assertEquals(ratios([1, 3], [2, 4]), [0.5, 0.75]);
});

Deno.test("slope() is the rise for each one more", () => {
  assertEquals(slope([{ x: 1, y: 12 }, { x: 3, y: 16 }, { x: 5, y: 20 }]), 2);
});

Deno.test("alternate() measures in turn, and every other round backwards", async () => {
  let order = "";
  const note = (name: string) => () => {
    order += name;
    return Promise.resolve(order.length);
  };
  const values = await alternate(3, { a: note("a"), b: note("b") });
  assertEquals(order, "abbaab");
  assertEquals(values, { a: [1, 4, 5], b: [2, 3, 6] });
});
