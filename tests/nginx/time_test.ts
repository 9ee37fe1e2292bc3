import { assertEquals } from "@std/assert";
import { parseNginxTime } from "../../lib/nginx/time.ts";

for (
  const [text, ms] of [
    ["60", 60_000],
    ["60s", 60_000],
    ["500ms", 500],
    ["1m30s", 90_000],
    ["1m 30s", 90_000],
    ["2h", 7_200_000],
    ["", undefined],
    ["$wait", undefined],
    ["5x", undefined],
  ] satisfies [string, number | undefined][]
) {
  Deno.test(`parseNginxTime() reads "${text}"`, () => {
    assertEquals(parseNginxTime(text), ms);
  });
}
