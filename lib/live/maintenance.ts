import { join } from "@std/path";
import { messageOf, ZddError } from "../error.ts";
import { exists, writeAtomically } from "../system/files.ts";
import { makeDirectory } from "../system/held.ts";
import { readRegularFile } from "../system/safe_open.ts";
import { sha256 } from "../text/digest.ts";
import { namesOfAllowed } from "./allowed.ts";
import { RETRY_AFTER, STEERING } from "./steering.ts";

/** What clients get while the site is closed, and which clients are still admitted. */
export interface Maintenance {
  page: Page;
  /** Addresses and IPv4 networks, as given. */
  allowed: readonly string[];
  /** After how long clients may try again, in s. */
  retryAfter: number;
}

/** A page, with the kind of its file. */
export interface Page {
  kind: PageKind;
  text: string;
}

export type PageKind = typeof PAGE_KINDS[number];

/** The kinds of pages in nginx's configuration; see `pageLines`. */
export const PAGE_KINDS = ["html", "json", "txt"] as const;

/** The page if the user gives none. */
export const DEFAULT_PAGE: Page = {
  kind: "html",
  text: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Under maintenance</title>
<style>body { font: 1.2em sans-serif; margin: 15vh auto; max-width: 30em; padding: 1em }</style>
<h1>Under maintenance</h1>
<p>We will be back shortly.
</html>
`,
};

/** Where the directories with pages are. */
export const MAINTENANCE_FILES = ".maintenance";

/**
 * Creates the directory that the link of a closed site leads to: the page, and an empty
 * file for each address that is admitted. Returns the link's text. Existing files are kept,
 * since nginx may be using them.
 *
 * @param live the directory of the links
 * @throws {ZddError} if it can't be written.
 */
export async function prepareMaintenance(
  live: string,
  { page, allowed, retryAfter }: Maintenance,
): Promise<string> {
  const { kind, text } = page;
  const hash = await sha256(JSON.stringify([kind, text, allowed]));
  const name = join(
    MAINTENANCE_FILES,
    `retry-${retryAfter}-${hash.slice(0, 16)}`,
  );
  const directory = join(live, name);
  try {
    makeDirectory(join(directory, "allowed"))[Symbol.dispose]();
    const written = join(directory, "maintenance.json");
    if (!exists(written)) {
      writeAtomically(written, JSON.stringify({ page, allowed, retryAfter }));
    }
    for (const one of allowed.flatMap(namesOfAllowed)) {
      const file = join(directory, "allowed", one);
      if (!exists(file)) writeAtomically(file, "");
    }
    const file = join(directory, `page.${kind}`);
    if (!exists(file)) writeAtomically(file, text, { exactly: true });
  } catch (error) {
    throw new ZddError(
      `Cannot write to "${directory}": ${messageOf(error)}`,
      { cause: error },
    );
  }
  return join("..", name);
}

/**
 * Reads what a link leads to, if the state was lost.
 *
 * @param link the text of the link
 */
export function readMaintenance(live: string, link: string): Maintenance {
  const file = join(live, STEERING, link, "maintenance.json");
  try {
    return JSON.parse(readRegularFile(file) ?? "");
  } catch { // a closed site stays closed
    return { page: DEFAULT_PAGE, allowed: [], retryAfter: RETRY_AFTER };
  }
}
