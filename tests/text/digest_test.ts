import { assertEquals } from "@std/assert";
import { sha256 } from "../../lib/text/digest.ts";

Deno.test("sha256() is that of the text in UTF-8, in hexadecimal", async () => {
  // As `printf … | sha256sum` prints them.
  assertEquals(
    await sha256(""),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  assertEquals(
    await sha256("größe"),
    "d353a2671b67afff0941ae456e5c76e9394bd6579774ae7542a6185fb9843384",
  );
});
