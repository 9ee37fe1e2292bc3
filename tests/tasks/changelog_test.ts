import { assertEquals, assertThrows } from "@std/assert";
import { sectionOf, versionOfTag } from "../../tasks/changelog.ts";
import { Checkout } from "./checkout.ts";

const CHANGELOG = `\
# Changelog

## Unreleased

## [1.10.0] - 2026-12-01

### Added

- Ten.

  \`\`\`
  ### not a heading of a version
  \`\`\`

## 1.1.0 - 2026-11-01

- One.

## 1.0.0

[1.10.0]: https://example.org/1.10.0
`;

Deno.test("sectionOf() is what stands between a version's heading and the next", () => {
  assertEquals(
    sectionOf(CHANGELOG, "1.10.0"),
    "### Added\n\n- Ten.\n\n  ```\n  ### not a heading of a version\n  ```",
  );
  assertEquals(sectionOf(CHANGELOG, "1.1.0"), "- One.");
});

Deno.test("sectionOf() throws for a version of which nothing is said", () => {
  assertThrows(
    () => sectionOf(CHANGELOG, "1.1"),
    Error,
    'no section "## 1.1", only: Unreleased, 1.10.0, 1.1.0, 1.0.0',
  );
  assertThrows(() => sectionOf(CHANGELOG, "1.0.0"), Error, "nothing of 1.0.0");
  assertThrows(() => sectionOf("", "1.0.0"), Error, "no section");
});

Deno.test("versionOfTag() takes the tag of the expected version only", () => {
  assertEquals(versionOfTag("v1.0.0", "1.0.0"), "1.0.0");
  for (const tag of ["1.0.0", "v1.0.1", "", "vv1.0.0"]) {
    assertThrows(() => versionOfTag(tag, "1.0.0"), Error, `got "${tag}"`);
  }
});

Deno.test("changelog.ts prints the section of a tag, and fails for another", async () => {
  using checkout = new Checkout();
  const { version } = JSON.parse(
    Deno.readTextFileSync(checkout.path("deno.json")),
  );
  Deno.writeTextFileSync(
    checkout.path("CHANGELOG.md"),
    `# Changelog\n\n## ${version} - 2026-12-01\n\n- It is there.\n`,
  );
  const good = await checkout.script(["tasks/changelog.ts", `v${version}`]);
  assertEquals([good.code, good.text], [0, "- It is there.\n"]);
  const bad = await checkout.script(["tasks/changelog.ts", "v999.0.0"]);
  assertEquals(bad.code, 1);
  assertEquals((await checkout.script(["tasks/changelog.ts"])).code, 1);
});
