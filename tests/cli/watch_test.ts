import { assertEquals } from "@std/assert";
import { printable } from "../../lib/cli/output.ts";
import { COLORED } from "../../lib/cli/style.ts";
import { onScreen } from "../../lib/cli/watch.ts";

/** What is drawn on a screen of this size. */
function drawn(text: string, columns: number, rows: number): string {
  return printable(onScreen(text, { columns, rows }));
}

Deno.test("onScreen() writes each line over what stood there, and clears the rest", () => {
  assertEquals(
    drawn("one\ntwo", 80, 24),
    "\u001b[Hone\u001b[K\ntwo\u001b[K\n\u001b[J",
  );
});

Deno.test("onScreen() never makes the screen scroll", () => {
  const red = COLORED.red("a long line");
  assertEquals(
    drawn(`${red}\n2\n3\n4`, 6, 3),
    `\u001b[H${printable(COLORED.red("a long"))}\u001b[K\n2\u001b[K\n\u001b[J`,
  );
  assertEquals(drawn("a\u001b[2J", 6, 3), "\u001b[Ha\\x1b[\u001b[K\n\u001b[J");
});
