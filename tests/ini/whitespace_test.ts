import { assertEquals } from "@std/assert";
import { blanksBefore, strip, stripEnd } from "../../lib/ini/whitespace.ts";

/** What Python 3's `str.isspace()` says yes to. */
const BLANKS = [
  ...[0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0],
  ...[0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007],
  ...[0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000],
];

Deno.test("strip() takes away what Python calls blank, and nothing else", () => {
  const blanks = Array.from({ length: 0x10000 }, (_, code) => code)
    .filter((code) => strip(String.fromCharCode(code)) === "");
  assertEquals(blanks, BLANKS);
});

Deno.test("strip() leaves the blanks between the words", () => {
  assertEquals(strip(" \ta b\u3000c \n"), "a b\u3000c");
  assertEquals(stripEnd(" a \n"), " a");
  assertEquals([strip(""), strip("  "), stripEnd("  ")], ["", "", ""]);
});

Deno.test("blanksBefore() counts to the first letter, or to the end", () => {
  assertEquals(["", "a", " \ta ", "  "].map(blanksBefore), [0, 0, 2, 2]);
});
