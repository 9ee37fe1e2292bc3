import { SyntaxMistake, Tokenizer } from "./tokens.ts";

/** A directive of nginx's configuration, as written. */
export interface Directive {
  name: string;
  args: string[];
  /** The line it begins on, from 1. */
  line: number;
  /** The included file it is from; undefined in the text itself. */
  file?: string;
  /** What is in its braces; undefined if it has none. */
  block?: Block;
  /** The directive whose block it is in; undefined at the top. */
  parent?: Directive;
}

/** Directives in order. */
export type Block = Directive[];

/**
 * Parses a configuration, or a part that others include. `include` stays a directive;
 * `withIncludes` resolves it.
 *
 * @param file where the text is from, if it is included
 * @throws {SyntaxMistake} if nginx couldn't parse it.
 */
export function parseConfiguration(text: string, file?: string): Block {
  return readBlock(new Tokenizer(text), file);
}

function readBlock(
  tokens: Tokenizer,
  file?: string,
  parent?: Directive,
): Block {
  const block: Block = [];
  let words: string[] = [];
  let line = 0;
  for (;;) {
    const token = tokens.next();
    if (token === undefined || token.kind === "}") {
      if (words.length > 0) {
        throw new SyntaxMistake(`no ";" after "${words.join(" ")}"`, line);
      }
      if ((token === undefined) === (parent === undefined)) return block;
      throw token === undefined
        ? new SyntaxMistake(`no "}" for "${parent?.name}"`, parent?.line ?? 1)
        : new SyntaxMistake('unexpected "}"', token.line);
    }
    if (token.kind === "word") {
      if (words.length === 0) line = token.line;
      words.push(token.text);
      continue;
    }
    const [name, ...args] = words;
    if (name === undefined) {
      throw new SyntaxMistake(`unexpected "${token.kind}"`, token.line);
    }
    const directive: Directive = { name, args, line, file, parent };
    if (token.kind === "{") {
      if (/_by_lua_block$/.test(name)) {
        tokens.skipLua();
        directive.block = [];
      } else directive.block = readBlock(tokens, file, directive);
    }
    block.push(directive);
    words = [];
  }
}

/** Every directive of a block and of the blocks in it, in order. */
export function* allDirectives(block: Block): Generator<Directive> {
  for (const directive of block) {
    yield directive;
    if (directive.block !== undefined) yield* allDirectives(directive.block);
  }
}

/**
 * The levels that a directive inherits from, innermost first: the block it is in, the block
 * around that, and so on.
 *
 * @param root the top level of the configuration
 */
export function* levelsOf(directive: Directive, root: Block): Generator<Block> {
  let at = directive.parent;
  for (; at !== undefined; at = at.parent) yield at.block ?? [];
  yield root;
}

/** The directives of a name that apply: those of the first level that has any. */
export function inForce(levels: Iterable<Block>, name: string): Block {
  for (const level of levels) {
    const found = level.filter((directive) => directive.name === name);
    if (found.length > 0) return found;
  }
  return [];
}

/** A word in quotes, for a configuration. */
export function quote(word: string): string {
  return `"${word.replace(/["\\]/g, "\\$&")}"`;
}
