import { assertEquals } from "@std/assert";
import { type Check, holds } from "./bench.ts";

function check(value: number, bound: Check["bound"]): Check {
  return { what: "it", value, bound, aim: 0, band: 0 };
}

Deno.test("holds() takes what wasn't measured for broken", () => {
  for (const bound of ["most", "least", "exactly"] as const) {
    assertEquals(holds(check(NaN, bound), 1), false);
    assertEquals(holds(check(1, bound), 1), true);
  }
});

Deno.test("holds() tells the bounds apart", () => {
  assertEquals(holds(check(2, "most"), 1), false);
  assertEquals(holds(check(2, "least"), 1), true);
  assertEquals(holds(check(2, "exactly"), 1), false);
  assertEquals(holds(check(0, "most"), 1), true);
  assertEquals(holds(check(0, "least"), 1), false);
});
