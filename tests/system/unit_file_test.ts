import { assertEquals } from "@std/assert";
import { quoteForExec, quoteForUnit } from "../../lib/system/unit_file.ts";

Deno.test("quoteForUnit() and quoteForExec() make one word of any text", () => {
  assertEquals(quoteForUnit("/srv/my app"), '"/srv/my app"');
  assertEquals(quoteForUnit('a"b\\c%n$d'), '"a\\"b\\\\c%%n$d"');
  assertEquals(quoteForUnit("a\nb"), '"a\\nb"');
  assertEquals(quoteForExec("$HOME 100%"), '"$$HOME 100%%"');
});
