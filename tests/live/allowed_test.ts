import { assertEquals } from "@std/assert";
import { isAllowable, namesOfAllowed } from "../../lib/live/allowed.ts";

for (
  const [text, names] of [
    ["10.1.2.3", ["10.1.2.3", "::ffff:10.1.2.3"]],
    ["10.1.2.3/32", ["10.1.2.3", "::ffff:10.1.2.3"]],
    ["10.1.2.0/24", ["10.1.2"]],
    ["10.1.3.77/23", ["10.1.2", "10.1.3"]],
    ["172.16.0.0/14", ["172.16", "172.17", "172.18", "172.19"]],
    ["10.0.0.0/8", ["10"]],
    ["2001:DB8:0:0::1", ["2001:db8::1"]],
    ["::1", ["::1"]],
  ] satisfies [string, string[]][]
) {
  Deno.test(`namesOfAllowed() names what nginx asks for, ${text}`, () => {
    assertEquals(isAllowable(text), true);
    assertEquals(namesOfAllowed(text), names);
  });
}

Deno.test("isAllowable() takes nothing but addresses and networks of IPv4", () => {
  const wrong = ["", "10.0.0", "10.0.0.0/7", "10.0.0.0/33", "10.0.0.0/8/8"];
  for (const text of [...wrong, "::1/64", "localhost", "../x", "10.0.0.0/"]) {
    assertEquals(isAllowable(text), false, text);
  }
});
