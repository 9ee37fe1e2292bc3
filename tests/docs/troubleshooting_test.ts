import { assert } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { readDocument } from "./documents.ts";

const LIB = join(
  dirname(dirname(dirname(fromFileUrl(import.meta.url)))),
  "lib",
);

/** Headings that tell of a situation. */
const NO_MESSAGES = ["ended with exit status 4, and nothing serves"];

/** All of the source, in one line: a message may be written over several. */
function source(directory = LIB): string {
  return [...Deno.readDirSync(directory)].map(({ name, isDirectory }) => {
    const path = join(directory, name);
    return isDirectory ? source(path) : Deno.readTextFileSync(path);
  }).join("\n").replace(/["`] \+\s+["`]/g, "").replace(/\s+/g, " ");
}

Deno.test("docs/troubleshooting.md explains messages that zddeploy prints", () => {
  const text = source();
  // The parts of a message stand in italics at the beginning of an item.
  const headings = readDocument("docs/troubleshooting.md")
    .matchAll(/^(?:### (?=.)|- _)(.+?)(?:_:.*)?$/gm);
  let messages = 0;
  for (const [, heading = ""] of headings) {
    if (NO_MESSAGES.includes(heading)) continue;
    messages++;
    assert(text.includes(heading), `no message says "${heading}"`);
  }
  assert(messages > 15, `${messages} messages`);
});
