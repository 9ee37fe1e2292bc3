import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import type { Key } from "../lib/config/key.ts";
import { KEYS } from "../lib/config/keys.ts";
import { Site } from "./support/site.ts";

const README = Deno.readTextFileSync(
  join(dirname(dirname(fromFileUrl(import.meta.url))), "README.md"),
);

const HEADINGS = {
  nginx: "### [nginx]",
  service: "### [service:NAME]",
  deploy: "### [deploy]",
};

for (const [kind, heading] of Object.entries(HEADINGS)) {
  Deno.test(`README.md has all keys of ${heading.slice(4)}`, () => {
    const keys: Record<string, Key> = KEYS[kind as keyof typeof KEYS];
    const expected = Object.entries(keys).map((
      [name, { required, default: value, meaning }],
    ) => [
      `\`${name}\``,
      required ? "required" : value ? `\`${value}\`` : "",
      meaning,
    ]);
    assertEquals(tableBelow(heading), expected);
  });
}

Deno.test("README.md has the whole help", async () => {
  await using site = Site.create({});
  const { stdout } = await site.zdd("help");
  assertStringIncludes(README, "```text\n" + stdout + "```\n");
});

Deno.test({
  name: "README.md's first deploy works, in Node and in Python",
  ignore: Deno.uid() !== 0, // its template is for root
  async fn() {
    const conf = block("ini");
    await using site = Site.create({
      "deploy.conf": conf,
      "nginx.conf.template": block("nginx").replace("8080", "%PORT%"),
      "server.js": block("js"),
      "server.py": block("python"),
    });
    await site.deploy();
    const node = await site.get();
    assertMatch(node.text, /^hello from \d+\n$/);
    site.write("deploy.conf", conf.replace("node server.js", PYTHON));
    await site.deploy();
    const python = await site.get();
    assertMatch(python.text, /^hello from \d+\n$/);
    assertEquals(node.text === python.text, false);
  },
});

const PYTHON = "/usr/bin/python3 server.py";

/** The first block of code in a language. */
function block(language: string): string {
  const text = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "m")
    .exec(README)?.[1];
  if (text === undefined) throw new Error(`README.md has no ${language}`);
  return text;
}

/** The rows of the first table below a heading, without its own heading. */
function tableBelow(heading: string): string[][] {
  const [, below = ""] = README.split(`\n${heading}\n`);
  const table = /^\|(?:.*\n\|)+.*$/m.exec(below)?.[0] ?? "";
  return table.split("\n").slice(2).map((row) =>
    row.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}
