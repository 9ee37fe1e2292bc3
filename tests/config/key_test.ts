import { assertEquals } from "@std/assert";
import { camelCase } from "../../lib/config/key.ts";

Deno.test("camelCase() makes a property's name of a key's", () => {
  assertEquals(camelCase("start"), "start");
  assertEquals(camelCase("start_timeout"), "startTimeout");
  assertEquals(camelCase("a_long_name"), "aLongName");
});
