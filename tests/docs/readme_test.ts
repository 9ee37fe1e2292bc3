import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { examplesOf, readDocument, userDocuments } from "./documents.ts";

Deno.test("README.md has at most 300 lines", () => {
  const { length } = readDocument("README.md").split("\n");
  assert(length <= 300, `${length} lines`);
});

Deno.test("docs/README.md leads to every page, README.md to every guide", () => {
  const pages = userDocuments().filter((path) =>
    path.startsWith("docs/") && path !== "docs/README.md"
  );
  for (const page of pages) {
    const link = `](${page.slice("docs/".length)})`;
    assert(readDocument("docs/README.md").includes(link), link);
    if (page.startsWith("docs/reference/")) continue;
    assert(readDocument("README.md").includes(`](${page})`), page);
  }
});

/** The first block of a document in a language. */
function first(document: string, language: string): string {
  const example = examplesOf(document)
    .find((example) => example.language === language);
  assert(example !== undefined, `${document} has no ${language}`);
  return example.code;
}

Deno.test({
  name: "the deploy by hand works, in Node and in Python",
  ignore: Deno.uid() !== 0, // its template is for root
  async fn() {
    const page = "docs/getting-started.md";
    const conf = first(page, "ini");
    await using site = Site.create({
      "deploy.conf": conf,
      "nginx.conf.template": first(page, "nginx").replace("8080", "%PORT%"),
      "server.js": first(page, "js"),
      "server.py": first("docs/servers.md", "python"),
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

Deno.test({
  name: "README.md's two files deploy live",
  ignore: Deno.uid() !== 0, // its template is for root
  async fn() {
    await using site = Site.create({
      "deploy.conf": first("README.md", "ini"),
      "nginx.conf.template": first("README.md", "nginx")
        .replace("8080", "%PORT%"),
      "server.js": SERVER,
    });
    await site.deploy();
    const { stderr } = await site.deploy();
    assertMatch(stderr, /^web: switched to \d+$/m);
    assertEquals((await site.get()).text, "ok");
  },
});

const SERVER = `
require("node:http").createServer((_, response) => response.end("ok"))
  .listen(process.env.PORT, "127.0.0.1");
process.once("SIGTERM", () => process.exit());
`;
