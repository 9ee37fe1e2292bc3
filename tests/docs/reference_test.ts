import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { REFERENCE, referencePages } from "../../tasks/reference.ts";

/** A page without what another version of the formatter may lay out otherwise. */
function words(text: string): string[] {
  return text.split(/\s+/);
}

Deno.test("docs/reference is what deno task reference writes", async () => {
  const pages = await referencePages();
  const files = [...Deno.readDirSync(REFERENCE)].map(({ name }) => name);
  assertEquals(files.toSorted(), [...pages.keys()].toSorted());
  for (const [name, text] of pages) {
    const written = Deno.readTextFileSync(join(REFERENCE, name));
    assertEquals(
      words(written),
      words(text),
      `docs/reference/${name} is out of date: run deno task reference`,
    );
  }
});
