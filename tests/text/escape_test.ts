import { assertEquals } from "@std/assert";
import { escapeControls } from "../../lib/text/escape.ts";

Deno.test("escapeControls() takes out colors, and the carriage return at the end", () => {
  assertEquals(escapeControls("\x1b[31mred\x1b[0m\r"), "red");
  assertEquals(escapeControls("a\r\r"), "a\\x0d");
});

Deno.test("escapeControls() spells out what could do something to a terminal", () => {
  assertEquals(
    escapeControls("\0 \b \v \x0d \x1f \x7f \x80 \x9f"),
    "\\x00 \\x08 \\x0b \\x0d \\x1f \\x7f \\x80 \\x9f",
  );
});

Deno.test("escapeControls() leaves tabs and letters alone", () => {
  assertEquals(escapeControls("\ta ~ \xa0 ü 日"), "\ta ~ \xa0 ü 日");
  assertEquals(escapeControls(""), "");
});

Deno.test("escapeControls() spells out what turns the direction of a text", () => {
  assertEquals(
    escapeControls("a\u202eb\u2066c\u200fd"),
    "a\\u202eb\\u2066c\\u200fd",
  );
});
