import { assertEquals } from "@std/assert";
import { printable, toJson } from "../../lib/cli/output.ts";
import { COLORED, cut } from "../../lib/cli/style.ts";
import { ESCAPE } from "../../lib/cli/terminal.ts";

/** Every control character but tab and newline. */
const CONTROLS = Array.from({ length: 0xa0 }, (_, code) => code)
  .filter((code) =>
    (code < 0x20 || code >= 0x7f) && code !== 0x09 && code !== 0x0a
  );

Deno.test("printable() spells out every control character but tab and newline", () => {
  assertEquals(CONTROLS.length, 63);
  for (const code of CONTROLS) {
    const hex = code.toString(16).padStart(2, "0");
    const text = `a${String.fromCharCode(code)}[31mb`;
    assertEquals(printable(text), `a\\x${hex}[31mb`);
  }
  assertEquals(printable("a\tb\nü … ✓ 😀\u00a0"), "a\tb\nü … ✓ 😀\u00a0");
});

Deno.test("printable() leaves zdd its colors, which no text that was read can have", () => {
  assertEquals(
    printable(COLORED.red("a\u001b[31m\u009b1m")),
    "\u001b[31ma\\x1b[31m\\x9b1m\u001b[39m",
  );
  const read = new TextDecoder().decode(
    // What ESCAPE would be in UTF-8, if that were allowed.
    new Uint8Array([0xed, 0xb0, 0x9b, 0x5b, 0x33, 0x31, 0x6d]),
  );
  assertEquals(printable(read).includes("\u001b"), false);
  // A character whose second half it is.
  const half = "\u{1041b}[31m";
  assertEquals([half.charAt(1), printable(half)], [ESCAPE, half]);
});

Deno.test("printable() lets nothing pass but what zdd draws", () => {
  for (const sequence of ["[2J", "]0;title\u0007", "[6n", "[200D", "c", ""]) {
    const text = printable(`${ESCAPE}${sequence}`);
    assertEquals(text.includes("\u001b"), false, sequence);
  }
});

Deno.test("cut() never makes a color unreadable by half a character", () => {
  const line = cut(COLORED.red("😀😀"), 3);
  assertEquals(printable(line), "\u001b[31m😀\ufffd\u001b[39m");
});

Deno.test("toJson() spells control characters as JSON does, and loses nothing", () => {
  const value = {
    text: CONTROLS.map((code) => String.fromCharCode(code)).join(""),
  };
  for (const indent of [undefined, 2]) {
    const json = toJson(value, indent);
    assertEquals(JSON.parse(json), value);
    assertEquals(printable(json), json);
  }
});
