import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { barChart, formatNumber, lineChart } from "./chart.ts";

Deno.test("formatNumber() leaves out what says nothing", () => {
  assertEquals(formatNumber(0, 1), "0");
  assertEquals(formatNumber(2.04, 1), "2");
  assertEquals(formatNumber(2.16, 1), "2.2");
  assertEquals(formatNumber(10_000), "10,000");
});

Deno.test("barChart() draws a bar as long as its value, and its sum", async () => {
  const svg = await barChart({
    title: 'Lost & "found"',
    unit: "requests",
    bars: [
      { label: "a", parts: [{ name: "x", value: 5 }, { name: "y", value: 5 }] },
      { label: "b", parts: [{ name: "x", value: 0 }, { name: "y", value: 5 }] },
      { label: "c", parts: [], absent: "not installed" },
    ],
  });
  const widths = [
    ...svg.matchAll(
      /aria-label="requests: \d+;[^>]*d="M[\d.]+,[\d.]+h([\d.]+)/g,
    ),
  ].map(([, width]) => Number(width));
  assertEquals(widths, [240, 240, 0, 240]);
  for (const words of ["not installed", ">10<", "Lost &amp; "]) {
    assertStringIncludes(svg, words);
  }
});

Deno.test("lineChart() leaves a gap where there is no value", async () => {
  const svg = await lineChart({
    title: "Latency",
    x: "s",
    y: "ms",
    logarithmic: true,
    explanation: "dashed: a deploy",
    panels: [{
      title: "a",
      series: [{
        name: "p50",
        points: [
          { x: 0, y: 1 },
          { x: 1, y: 10 },
          { x: 2, y: NaN },
          { x: 3, y: 100 },
          { x: 4, y: 100 },
        ],
      }],
      marks: [1],
      losses: [{ x: 2, count: 3 }],
    }],
  });
  const curve = /class="mark-line[^]*? d="([^"]+)"/.exec(svg)?.[1] ?? "";
  assertEquals(curve.replaceAll(/[\d.,]+/g, ""), "MLML");
  assertEquals([...svg.matchAll(/stroke-dasharray="3,3"/g)].length, 1);
  assert(!svg.includes("NaN"));
  assertStringIncludes(svg, "dashed: a deploy");
});
