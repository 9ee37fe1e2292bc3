import { SyntaxMistake, Tokenizer } from "./tokens.ts";

/** A directive of nginx's configuration, as it is written. */
export interface Directive {
  name: string;
  args: string[];
  /** Where it begins, from 1. */
  line: number;
  /** What stands in its braces; undefined if it has none. */
  block?: Block;
  /** The directive whose block it stands in; undefined at the top. */
  parent?: Directive;
}

/** Directives in their order. */
export type Block = Directive[];

/**
 * Reads a configuration, or a part of one that others include. `include` stays a
 * directive.
 *
 * @throws {SyntaxMistake} if nginx couldn't read it.
 */
export function parseConfiguration(text: string): Block {
  const tokens = new Tokenizer(text);
  return readBlock(tokens);
}

function readBlock(tokens: Tokenizer, parent?: Directive): Block {
  const block: Block = [];
  let words: string[] = [];
  let line = 0;
  for (;;) {
    const token = tokens.next();
    if (token === undefined || token.kind === "}") {
      if (words.length > 0) {
        throw new SyntaxMistake(`no ";" behind "${words.join(" ")}"`, line);
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
    const directive: Directive = { name, args, line, parent };
    if (token.kind === "{") {
      if (/_by_lua_block$/.test(name)) {
        tokens.skipLua();
        directive.block = [];
      } else directive.block = readBlock(tokens, directive);
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

/** The directives whose blocks a directive stands in, the innermost first. */
export function* ancestorsOf(directive: Directive): Generator<Directive> {
  for (let at = directive.parent; at !== undefined; at = at.parent) yield at;
}
