import { assertEquals, assertThrows } from "@std/assert";
import { readPercent } from "../../lib/cli/option_values.ts";
import { ZddError } from "../../lib/error.ts";

Deno.test("readPercent() reads a whole percent with or without its sign", () => {
  assertEquals(readPercent("0"), 0);
  assertEquals(readPercent("10"), 10);
  assertEquals(readPercent("100%"), 100);
  assertEquals(readPercent("5 %"), 5);
});

Deno.test("readPercent() refuses anything else as a mistake of the command line", () => {
  for (const text of ["", "%", "-1", "101", "1.5", "1e1", "ten", "10%%"]) {
    const error = assertThrows(() => readPercent(text), ZddError);
    assertEquals(
      error.message,
      `Expected a whole percent from 0 to 100, got "${text}"`,
    );
    assertEquals(error.exitStatus, 2);
  }
});
