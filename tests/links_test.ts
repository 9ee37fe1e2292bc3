import { assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join, relative } from "@std/path";
import { exists } from "../lib/system/files.ts";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));

for (const document of documents()) {
  Deno.test(`every link of ${document} leads somewhere`, () => {
    const broken = linksOf(document).filter((link) => !leads(document, link));
    assertEquals(broken, []);
  });
}

/** The Markdown files of the checkout, by their paths in it. */
function documents(directory = ROOT): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = join(directory, name);
    if (isDirectory) {
      return /^\.git$|^dist$|^coverage$/.test(name) ? [] : documents(path);
    }
    return name.endsWith(".md") ? [relative(ROOT, path)] : [];
  });
}

/** The targets of a document's links and pictures, those on the web left out. */
function linksOf(document: string): string[] {
  const links = [...textOf(document).matchAll(/\]\(([^)\s]+)\)/g)];
  return links.flatMap(([, target = ""]) =>
    target.startsWith("https://") ? [] : [target]
  );
}

/** Whether there is a file of that path, and in it a heading of that name. */
function leads(document: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? document : join(dirname(document), path);
  if (!exists(join(ROOT, file))) return false;
  return anchor === undefined || anchorsOf(file).includes(anchor);
}

/** The names by which GitHub makes headings known. */
function anchorsOf(document: string): string[] {
  return [...textOf(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-")
  );
}

/** A document without its blocks of code, whose comments look like headings. */
function textOf(document: string): string {
  return Deno.readTextFileSync(join(ROOT, document))
    .replace(/^```[^]*?^```$/gm, "");
}
