import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { documents, isInCheckout, readDocument } from "./documents.ts";

for (const document of documents()) {
  Deno.test(`every link of ${document} leads somewhere`, () => {
    const broken = linksOf(document).filter((link) => !leads(document, link));
    assertEquals(broken, []);
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
  if (!isInCheckout(file)) return false;
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
  return readDocument(document)
    .replace(/^```[^]*?^```$/gm, "");
}
