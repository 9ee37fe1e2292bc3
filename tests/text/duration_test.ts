import { assertEquals } from "@std/assert";
import { formatDuration, parseDuration } from "../../lib/text/duration.ts";

Deno.test("parseDuration() takes a bare number for seconds", () => {
  assertEquals(parseDuration("30"), 30_000);
  assertEquals(parseDuration("0.5"), 500);
  assertEquals(parseDuration("0"), 0);
  assertEquals(parseDuration(" 7 "), 7000);
});

Deno.test("parseDuration() understands ms, s, m and h", () => {
  assertEquals(parseDuration("500ms"), 500);
  assertEquals(parseDuration("10s"), 10_000);
  assertEquals(parseDuration("2m"), 120_000);
  assertEquals(parseDuration("1h"), 3_600_000);
  assertEquals(parseDuration("1.5 m"), 90_000);
});

Deno.test("parseDuration() returns whole ms", () => {
  assertEquals(parseDuration("1.4ms"), 1);
  assertEquals(parseDuration("0.0016"), 2);
});

Deno.test("parseDuration() refuses whatever isn't a time", () => {
  const wrong = [
    "",
    " ",
    "s",
    "-1",
    "+1",
    "1e3",
    "0x10",
    "1,5",
    ".5",
    "5.",
    "10 sec",
    "10S",
    "1m30s",
    "10\n20",
    "never",
    "NaN",
    "Infinity",
    "٣",
  ];
  for (const text of wrong) {
    assertEquals(parseDuration(text), undefined, JSON.stringify(text));
  }
});

Deno.test("parseDuration() refuses what a timer can't run, 2^31 ms and more", () => {
  assertEquals(parseDuration("2147483647ms"), 2 ** 31 - 1);
  assertEquals(parseDuration("2147483648ms"), undefined);
  assertEquals(parseDuration("597h"), undefined);
  assertEquals(parseDuration("9".repeat(400)), undefined);
});

Deno.test("formatDuration() chooses the unit by the size", () => {
  assertEquals(formatDuration(0), "0 ms");
  assertEquals(formatDuration(84.6), "85 ms");
  assertEquals(formatDuration(1000), "1 s");
  assertEquals(formatDuration(1234), "1.2 s");
  assertEquals(formatDuration(60_000), "1 min");
  assertEquals(formatDuration(119_000), "1 min 59 s");
  assertEquals(formatDuration(5_999_000), "99 min 59 s");
  assertEquals(formatDuration(185_000), "3 min 5 s");
  assertEquals(formatDuration(119_600), "2 min");
});

Deno.test("formatDuration() goes on to the next unit where rounding reaches it", () => {
  assertEquals(formatDuration(999.4), "999 ms");
  assertEquals(formatDuration(999.7), "1 s");
  assertEquals(formatDuration(59_900), "59.9 s");
  assertEquals(formatDuration(59_949), "59.9 s");
  assertEquals(formatDuration(59_950), "1 min");
  assertEquals(formatDuration(59_999), "1 min");
});
