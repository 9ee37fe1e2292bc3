import { assertEquals } from "@std/assert";
import { crc32 } from "../../lib/text/checksum.ts";

Deno.test("crc32() is the one of zip", () => {
  assertEquals(crc32(""), "00000000");
  assertEquals(crc32("123456789"), "cbf43926"); // its known check value
  assertEquals(crc32("abc"), (891568578).toString(16));
  assertEquals(crc32("ä".repeat(3)), "28fca3c7");
});
