import { SyntaxMistake, Tokenizer } from "./tokens.ts";

/** A directive of nginx's configuration, as it is written. */
export interface Directive {
  name: string;
  args: string[];
  /** Where it begins, from 1. */
  line: number;
  /** The file that was included for it; undefined in the text itself. */
  file?: string;
  /** What stands in its braces; undefined if it has none. */
  block?: Block;
  /** The directive whose block it stands in; undefined at the top. */
  parent?: Directive;
}

/** Directives in their order. */
export type Block = Directive[];

/**
 * Reads a configuration, or a part of one that others include. `include` stays a
 * directive; `withIncludes` resolves it.
 *
 * @param file where the text is from, if it is included
 * @throws {SyntaxMistake} if nginx couldn't read it.
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
        ? new SyntaxMistake(`no "}" of "${parent?.name}"`, parent?.line ?? 1)
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

/** Every directive of a block and of the blocks in it, in their order. */
export function* allDirectives(block: Block): Generator<Directive> {
  for (const directive of block) {
    yield directive;
    if (directive.block !== undefined) yield* allDirectives(directive.block);
  }
}

/**
 * The levels that a directive's place inherits from, innermost first: what stands
 * beside it, around its block, and so on.
 *
 * @param root what the directive's outermost block is in
 */
export function* levelsOf(directive: Directive, root: Block): Generator<Block> {
  let at = directive.parent;
  for (; at !== undefined; at = at.parent) yield at.block ?? [];
  yield root;
}

/** The directives of a name that hold at a place: those of the first level that has any. */
export function inForce(levels: Iterable<Block>, name: string): Block {
  for (const level of levels) {
    const found = level.filter((directive) => directive.name === name);
    if (found.length > 0) return found;
  }
  return [];
}

/** A word as a configuration can have it. */
export function quote(word: string): string {
  return `"${word.replace(/["\\]/g, "\\$&")}"`;
}
