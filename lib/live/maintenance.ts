import { join } from "@std/path";
import { messageOf, ZddError } from "../error.ts";
import { exists, writeAtomically } from "../system/files.ts";
import { makeDirectory } from "../system/held.ts";
import { readRegularFile } from "../system/safe_open.ts";
import { sha256 } from "../text/digest.ts";
import { namesOfAllowed } from "./allowed.ts";
import { RETRY_AFTER, STEERING } from "./steering.ts";

/** What clients get while the site is closed, and who gets through all the same. */
export interface Maintenance {
  page: Page;
  /** Addresses and IPv4 networks, as they were written. */
  allowed: readonly string[];
  /** When clients may try again, in s. */
  retryAfter: number;
}

/** A page, by its kind of file. */
export interface Page {
  kind: PageKind;
  text: string;
}

export type PageKind = typeof PAGE_KINDS[number];

/** The kinds of pages that nginx is told of; see `pageLines`. */
export const PAGE_KINDS = ["html", "json", "txt"] as const;

/** The page of those who bring none. */
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

/** Where the directories are of what clients get. */
export const MAINTENANCE_FILES = ".maintenance";

/**
 * Makes the directory that the link of a closed site leads to: the page, and an empty file
 * for each address that gets through. Returns the link's text. What is there already stays,
 * since nginx may be using it.
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
 * What a link leads to, where the state has forgotten it.
 *
 * @param link the text of the link
 */
export function readMaintenance(live: string, link: string): Maintenance {
  const file = join(live, STEERING, link, "maintenance.json");
  try {
    return JSON.parse(readRegularFile(file) ?? "");
  } catch { // a site that was closed stays closed
    return { page: DEFAULT_PAGE, allowed: [], retryAfter: RETRY_AFTER };
  }
}
