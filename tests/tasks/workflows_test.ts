import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../system/temp_dir.ts";

const ROOT = new URL("../../", import.meta.url);
const README = read("README.md");

/** What the README says to test with: `npx -y deno@… task test`. */
const TEST = /^npx -y deno@[\d.]+ task test$/m.exec(README)?.[0] ?? "";

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

for (const name of ["ci", "release"]) {
  Deno.test(`${name}.yml tests with the README's command`, () => {
    assert(TEST !== "");
    const lines = read(`.github/workflows/${name}.yml`).split("\n");
    assert(lines.includes(`      - run: ${TEST}`), TEST);
  });
}

Deno.test("release.yml makes a release with the Deno that it was tested with", () => {
  const used = read(".github/workflows/release.yml").matchAll(/deno@[\d.]+/g);
  const tested = /deno@[\d.]+/.exec(TEST)?.[0] ?? "";
  assertEquals(new Set([...used].map(([deno]) => deno)), new Set([tested]));
});

Deno.test("the workflows name tests and scripts that exist", () => {
  for (const { name } of Deno.readDirSync(new URL(".github/workflows", ROOT))) {
    const text = read(`.github/workflows/${name}`);
    for (const [path] of text.matchAll(/(?:\.ci|tests)\/[\w/.]+\.ts/g)) {
      assert(Deno.statSync(new URL(path, ROOT)).isFile, path);
    }
  }
});

Deno.test("CONTRIBUTING.md's example is a test that passes the type checker", async () => {
  const [, code = ""] = /^```ts\n(.*?)^```/ms
    .exec(read("CONTRIBUTING.md")) ?? [];
  using directory = new TempDir();
  const file = directory.write(
    "example_test.ts",
    code.replaceAll('"../', `"${new URL("tests/", ROOT).pathname}`),
  );
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--config", new URL("deno.json", ROOT).pathname]
      .concat(file),
    stdin: "null",
  }).output();
  assert(success && code !== "", new TextDecoder().decode(stderr));
});
