import { basename, dirname, globToRegExp, join, resolve } from "@std/path";
import { realPath } from "../system/files.ts";
import { readRegularFile } from "../system/safe_open.ts";
import {
  type Block,
  type Directive,
  parseConfiguration,
} from "./configuration.ts";

/** nginx has no limit, but a file that includes itself must not be read forever. */
const MAX_DEPTH = 16;

/** Where included files are looked up, and the text of those not written yet. */
export interface IncludePlace {
  /** The directory of the main configuration file. */
  directory: string;
  /** Texts by the real path of the file they will be written to. */
  texts?: ReadonlyMap<string, string>;
}

/**
 * A configuration with its `include` directives replaced by what they include. An `include`
 * that can't be read stays, since nginx says what is wrong with it. So does one that
 * includes nothing yet.
 */
export function withIncludes(block: Block, place: IncludePlace): Block {
  return expand(block, undefined, place, 0);
}

function expand(
  block: Block,
  parent: Directive | undefined,
  place: IncludePlace,
  depth: number,
): Block {
  return block.flatMap((directive) => {
    const included = directive.name === "include" && depth < MAX_DEPTH
      ? readIncluded(directive, place)
      : undefined;
    if (included !== undefined && included.length > 0) {
      return expand(included, parent, place, depth + 1);
    }
    directive.parent = parent;
    if (directive.block !== undefined) {
      directive.block = expand(directive.block, directive, place, depth);
    }
    return [directive];
  });
}

function readIncluded(
  { args: [pattern = ""] }: Directive,
  { directory, texts }: IncludePlace,
): Block | undefined {
  try {
    const coming = [...texts?.keys() ?? []];
    return glob(resolve(directory, pattern), coming).flatMap((file) => {
      const text = texts?.get(realPath(file));
      // Part of the text itself, so its directives get no file.
      if (text !== undefined) return parseConfiguration(text);
      return parseConfiguration(readRegularFile(file) ?? "", file);
    });
  } catch {
    return undefined;
  }
}

/**
 * The files that match a pattern (glob(3)), sorted. A path without wildcards is returned
 * as it is.
 *
 * @param coming files that will exist soon
 */
function glob(pattern: string, coming: readonly string[] = []): string[] {
  if (!/[*?[]/.test(pattern)) return [pattern];
  const [directories, name] = [glob(dirname(pattern)), basename(pattern)];
  const isMatch = globToRegExp(name, { extended: false, globstar: false });
  return directories.flatMap((directory) => {
    if (!/[*?[]/.test(name)) return [join(directory, name)];
    const soon = coming.filter((file) => dirname(file) === realPath(directory))
      .map((file) => basename(file));
    return [...new Set([...entries(directory), ...soon])]
      .filter((entry) => isMatch.test(entry) && !entry.startsWith("."))
      .toSorted().map((entry) => join(directory, entry));
  });
}

function entries(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name);
  } catch {
    return [];
  }
}
