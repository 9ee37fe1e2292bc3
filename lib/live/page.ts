import { extname } from "@std/path";
import { ExitStatus, reasonOf, ZddError } from "../error.ts";
import { readSmallFile } from "../system/safe_open.ts";
import { type Page, PAGE_KINDS } from "./maintenance.ts";

/** The largest page, in bytes: it is stored in the state. */
const MOST = 256 * 1024;

/**
 * Reads the page of a closed site.
 *
 * @throws {ZddError} with exit status 2, if it can't be read, is too large, or isn't one of
 * `PAGE_KINDS`.
 */
export function readPage(path: string): Page {
  const exitStatus = ExitStatus.usage;
  const extension = extname(path).toLowerCase().replace(/^\.htm$/, ".html");
  const kind = PAGE_KINDS.find((kind) => `.${kind}` === extension);
  if (kind === undefined) {
    throw new ZddError(
      `Cannot use the page "${path}": expected a .html, .json or .txt file`,
      { exitStatus },
    );
  }
  let text: string | undefined;
  try {
    text = readSmallFile(path, MOST);
  } catch (error) {
    throw new ZddError(`Cannot read the page "${path}": ${reasonOf(error)}`, {
      exitStatus,
    });
  }
  if (text !== undefined) return { kind, text };
  throw new ZddError(`Cannot read the page "${path}": it doesn't exist`, {
    exitStatus,
  });
}
