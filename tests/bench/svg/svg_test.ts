import { assertEquals, assertStringIncludes } from "@std/assert";
import { barChart } from "./bar_chart.ts";
import { lineChart } from "./line_chart.ts";
import { formatNumber, text, ticks } from "./svg.ts";

/** Whether all elements are closed, in their order. */
function isBalanced(svg: string): boolean {
  const open: string[] = [];
  for (const [, end, name, , alone] of svg.matchAll(TAG)) {
    if (alone) continue;
    if (!end) open.push(name ?? "");
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}

const TAG = /<(\/?)(\w+)((?:\s[\w-]+="[^"<]*")*)(\/?)>/g;

Deno.test("ticks() are round numbers that reach the largest value", () => {
  assertEquals(ticks(9), [0, 2, 4, 6, 8, 10]);
  assertEquals(ticks(0.3), [0, 0.1, 0.2, 0.3]);
  assertEquals(ticks(1000), [0, 200, 400, 600, 800, 1000]);
});

Deno.test("formatNumber() leaves out what says nothing", () => {
  assertEquals(formatNumber(0, 1), "0");
  assertEquals(formatNumber(2.04, 1), "2");
  assertEquals(formatNumber(2.16, 1), "2.2");
  assertEquals(formatNumber(10_000), "10,000");
});

Deno.test("text() takes characters of XML for what they are", () => {
  assertStringIncludes(
    text(0, 0, 'a < b & "c"'),
    "a &lt; b &amp; &quot;c&quot;",
  );
});

Deno.test("barChart() draws a bar as long as its value", () => {
  const svg = barChart({
    title: "Lost",
    unit: "requests",
    bars: [
      { label: "a", parts: [{ name: "x", value: 5 }, { name: "y", value: 5 }] },
      { label: "b", parts: [{ name: "x", value: 0 }, { name: "y", value: 5 }] },
      { label: "c", parts: [], absent: "not installed" },
    ],
  });
  const widths = [
    ...svg.matchAll(/<rect x="\S+" y="\S+" width="(\d+)" height="17"/g),
  ]
    .map(([, width]) => Number(width));
  assertEquals(widths, [240, 240, 0, 240]);
  assertStringIncludes(svg, "not installed");
  assertEquals(isBalanced(svg), true);
});

Deno.test("lineChart() leaves a gap where there is no value", () => {
  const svg = lineChart({
    title: "Latency",
    x: "s",
    y: "ms",
    logarithmic: true,
    panels: [{
      title: "a",
      series: [{
        name: "p50",
        points: [
          { x: 0, y: 1 },
          { x: 1, y: 10 },
          { x: 2, y: NaN },
          { x: 3, y: 100 },
        ],
      }],
      marks: [1],
      losses: [{ x: 2, count: 3 }],
    }],
  });
  const curve = / d="([^"]+)"/.exec(svg)?.[1] ?? "";
  assertEquals(curve.replaceAll(/[\d. ]+/g, ""), "MLM");
  assertEquals([...svg.matchAll(/<circle /g)].length, 1);
  assertEquals(isBalanced(svg), true);
  assertEquals(svg.includes("NaN"), false);
});
