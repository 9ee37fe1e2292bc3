import { dirname, fromFileUrl, join, relative } from "@std/path";

const ROOT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

/** A block of code in a document. */
export interface Example {
  /** The path of the document and the line of the code, `README.md:12`. */
  place: string;
  /** What stands behind the fence; empty if nothing does. */
  language: string;
  code: string;
}

/** The Markdown files of the checkout, by their paths in it. */
export function documents(directory = ROOT): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = join(directory, name);
    if (isDirectory) {
      return /^\.git$|^dist$|^coverage$|^node_modules$/.test(name)
        ? []
        : documents(path);
    }
    return name.endsWith(".md") ? [relative(ROOT, path)] : [];
  });
}

/** The documents that users read. */
export function userDocuments(): string[] {
  return documents().filter((path) =>
    path === "README.md" || path.startsWith("docs/") ||
    path.startsWith("samples/")
  ).toSorted();
}

export function readDocument(path: string): string {
  return Deno.readTextFileSync(join(ROOT, path));
}

/** Whether there is a file or directory of that path in the checkout. */
export function isInCheckout(path: string): boolean {
  try {
    Deno.statSync(join(ROOT, path));
    return true;
  } catch {
    return false;
  }
}

/** The blocks of code of a document. */
export function examplesOf(path: string): Example[] {
  const examples: Example[] = [];
  let open: Example | undefined;
  readDocument(path).split("\n").forEach((line, i) => {
    const fence = /^ *```(\w*)/.exec(line);
    if (fence === null) {
      if (open !== undefined) open.code += `${line}\n`;
    } else if (open === undefined) {
      const [, language = ""] = fence;
      open = { place: `${path}:${i + 2}`, language, code: "" };
    } else {
      examples.push(open);
      open = undefined;
    }
  });
  return examples;
}

/** What stands between backticks in a document's text. */
export function inlineCodeOf(path: string): string[] {
  const text = readDocument(path).replace(/^ *```[^]*?^ *```$/gm, "");
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) =>
    code.replace(/\s+/g, " ")
  );
}
