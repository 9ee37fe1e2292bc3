/** A token of nginx's configuration: a word, or what ends or encloses directives. */
export interface Token {
  kind: "word" | ";" | "{" | "}";
  /** A word has no quotes here, and its escapes are resolved. */
  text: string;
  /** The line it begins on, from 1. */
  line: number;
  /** Whether it was in quotes; `"{"` begins no block. */
  quoted: boolean;
}

/** A syntax error in nginx's configuration, with its line. */
export class SyntaxMistake extends Error {
  override name = "SyntaxMistake";

  constructor(message: string, readonly line: number) {
    super(message);
  }
}

const BLANK = /[ \t\r\n]/;
/** What a backslash before a character stands for; any other keeps its backslash. */
const ESCAPES: Record<string, string> = {
  '"': '"',
  "'": "'",
  "\\": "\\",
  t: "\t",
  r: "\r",
  n: "\n",
};

/**
 * Splits a configuration as nginx does (ngx_conf_read_token in ngx_conf_file.c). A `#` or a
 * quote is special only where a word may begin, and the brace of a `${variable}` is part of
 * its word.
 *
 * @throws {SyntaxMistake} where nginx would stop, too.
 */
export class Tokenizer {
  #at = 0;
  #line = 1;

  constructor(readonly text: string) {}

  /** The next token; undefined at the end. */
  next(): Token | undefined {
    this.#skipBlanks();
    const start = this.text[this.#at];
    if (start === undefined) return undefined;
    const line = this.#line;
    if (start === ";" || start === "{" || start === "}") {
      this.#at++;
      return { kind: start, text: start, line, quoted: false };
    }
    const quoted = start === '"' || start === "'";
    const text = quoted ? this.#quoted(start) : this.#word();
    return { kind: "word", text, line, quoted };
  }

  /**
   * Skips a Lua block, whose `{` has been read, and its `}`: OpenResty's
   * `content_by_lua_block` and the like have their own grammar inside.
   */
  skipLua(): void {
    const line = this.#line;
    const lua =
      /--\[(=*)\[[^]*?\]\1\]|--[^\n]*|\[(=*)\[[^]*?\]\2\]|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|[{}]/g;
    lua.lastIndex = this.#at;
    for (let depth = 1; depth > 0;) {
      const found = lua.exec(this.text);
      if (found === null) {
        throw new SyntaxMistake('no "}" for a Lua block', line);
      }
      if (found[0] === "{") depth++;
      if (found[0] === "}") depth--;
    }
    this.#line += count(this.text.slice(this.#at, lua.lastIndex));
    this.#at = lua.lastIndex;
  }

  #skipBlanks(): void {
    for (;;) {
      const next = this.text[this.#at];
      if (next === "#") {
        const end = this.text.indexOf("\n", this.#at);
        this.#at = end < 0 ? this.text.length : end;
      } else if (next !== undefined && BLANK.test(next)) {
        if (next === "\n") this.#line++;
        this.#at++;
      } else return;
    }
  }

  #word(): string {
    const start = this.#at;
    while (this.#at < this.text.length) {
      const next = this.text[this.#at] ?? "";
      if (next === "\\") this.#at++;
      else if (next === "$" && this.text[this.#at + 1] === "{") this.#at++;
      else if (BLANK.test(next) || next === ";" || next === "{") break;
      this.#at++;
    }
    return this.#take(start, this.#at);
  }

  #quoted(quote: string): string {
    const line = this.#line;
    const start = ++this.#at;
    while (this.text[this.#at] !== quote) {
      if (this.#at >= this.text.length) {
        throw new SyntaxMistake(`no closing ${quote}`, line);
      }
      this.#at += this.text[this.#at] === "\\" ? 2 : 1;
    }
    const word = this.#take(start, this.#at++);
    const next = this.text[this.#at];
    if (next !== undefined && !/[ \t\r\n;{)]/.test(next)) {
      throw new SyntaxMistake(
        `unexpected "${next}" after ${quote}`,
        this.#line,
      );
    }
    return word;
  }

  #take(start: number, end: number): string {
    const raw = this.text.slice(start, end);
    this.#line += count(raw);
    return raw.replace(/\\([^])/g, (all, next) => ESCAPES[next] ?? all);
  }
}

function count(text: string): number {
  return text.split("\n").length - 1;
}
