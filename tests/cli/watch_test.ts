import { assertEquals } from "@std/assert";
import { COLORED } from "../../lib/cli/style.ts";
import { onScreen } from "../../lib/cli/watch.ts";

Deno.test("onScreen() writes each line over what stood there, and clears the rest", () => {
  assertEquals(
    onScreen("one\ntwo", { columns: 80, rows: 24 }),
    "\u001b[Hone\u001b[K\r\ntwo\u001b[K\r\n\u001b[J",
  );
});

Deno.test("onScreen() never makes the screen scroll", () => {
  const text = `${COLORED.red("a long line")}\n2\n3\n4`;
  assertEquals(
    onScreen(text, { columns: 6, rows: 3 }),
    `\u001b[H${COLORED.red("a long")}\u001b[K\r\n2\u001b[K\r\n\u001b[J`,
  );
});
