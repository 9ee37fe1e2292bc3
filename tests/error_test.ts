import { assertEquals } from "@std/assert";
import { reasonOf } from "../lib/error.ts";

Deno.test("the reason why a file can't be read doesn't name the file again", () => {
  const path = "/no/such 'file'";
  try {
    Deno.readTextFileSync(path);
  } catch (error) {
    assertEquals(reasonOf(error), "No such file or directory (os error 2)");
  }
  assertEquals(reasonOf(new Error("it is a FIFO")), "it is a FIFO");
});
