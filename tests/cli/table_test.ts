import { assertEquals } from "@std/assert";
import { COLORED } from "../../lib/cli/style.ts";
import { formatTable } from "../../lib/cli/table.ts";

Deno.test("formatTable() aligns columns, two blanks apart", () => {
  assertEquals(
    formatTable([["A", "B", "C"], ["long", "", "x"], ["1", "22", "3"]]),
    "A     B   C\nlong      x\n1     22  3",
  );
});

Deno.test("formatTable() bears rows of different lengths, and ends no line in blanks", () => {
  assertEquals(
    formatTable([["a"], ["bb", "c", ""], ["d", "eee"]]),
    "a\nbb  c\nd   eee",
  );
});

Deno.test("formatTable() of nothing is nothing", () => {
  assertEquals(formatTable([]), "");
  assertEquals(formatTable([[]]), "");
});

Deno.test("formatTable() spells out what would break a row", () => {
  assertEquals(
    formatTable([["a\nb", "c"], ["\u001b[2J\t", "d"], [COLORED.red("e"), "f"]]),
    `a\\nb       c\n\\x1b[2J\\t  d\n${COLORED.red("e")}          f`,
  );
});
