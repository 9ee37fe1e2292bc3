import { basename } from "@std/path";
import { Eta } from "eta";
import { messageOf } from "../error.ts";
import type { Mistakes } from "../config/mistakes.ts";
import { nearest } from "../config/suggestion.ts";

/** What a template can print: `it` in Eta, `{NAME}` in the classic language. */
export type TemplateNames = Record<string, unknown>;

/** A tag in Eta's syntax tree; text is a plain string there. */
interface Tag {
  /** `e`xecute, `i`nterpolate, `r`aw. */
  t: string;
  val: string;
  lineNo?: number;
}

/**
 * nginx.conf.template in its two languages: `{NAME}`, where every other brace is
 * nginx's own, and Eta's `<% %>`. They mix: `{NAME}` is another way to write
 * `<%= it["NAME"] %>`.
 */
export class Template {
  readonly #eta: Eta;
  readonly #names = new Set<string>();

  constructor(readonly file: string, readonly text: string) {
    this.#eta = new Eta({
      autoEscape: false,
      autoTrim: false,
      autoFilter: true,
      debug: true, // for line numbers
      filterFunction: printable,
      plugins: [{ processAST: (tree) => this.#readPlaceholders(tree) }],
    });
  }

  /** @throws {Deno.errors.NotFound} and its like, if the file can't be read. */
  static read(file: string): Template {
    return new Template(file, Deno.readTextFileSync(file));
  }

  /**
   * The text of nginx.conf.
   *
   * @throws {Error} if the template asks for something that isn't there; `check` finds it before.
   */
  render(names: TemplateNames): string {
    this.#names.clear();
    for (const name of Object.keys(names)) this.#names.add(name);
    return this.#eta.renderString(this.text, strict(names));
  }

  /** Adds everything that is wrong with the template to `mistakes`. */
  check(names: TemplateNames, mistakes: Mistakes): void {
    const known = Object.keys(names);
    const found = [
      ...this.#unknownPlaceholders(names),
      ...this.#wrongTags(names),
    ];
    for (const { line, message, name } of found) {
      const near = name === undefined ? undefined : nearest(name, known);
      const hint = near === undefined
        ? name && `there are ${known.join(", ")}`
        : `did you mean "${near}"?`;
      mistakes.add({ file: basename(this.file), line, message, hint });
    }
    if (found.length > 0) return;
    try {
      this.render(names);
    } catch (error) {
      const { line, message } = placeOf(error);
      mistakes.add({ file: basename(this.file), line, message });
    }
  }

  /** Eta's plugin: turns the known `{NAME}` of the text into tags. */
  #readPlaceholders(tree: (string | Tag)[]): (string | Tag)[] {
    return tree.flatMap((node) => {
      if (typeof node !== "string") return [node];
      const parts: (string | Tag)[] = [];
      let done = 0;
      for (const { index, name, written } of placeholders(node)) {
        if (!this.#names.has(name)) continue;
        parts.push(node.slice(done, index));
        parts.push({ t: "r", val: `it[${JSON.stringify(name)}]` });
        done = index + written.length;
      }
      return [...parts, node.slice(done)];
    });
  }

  #unknownPlaceholders(names: TemplateNames): Finding[] {
    // Tags are blanked out, so that offsets and lines stay.
    const text = this.text.replace(
      /<%.*?%>/gs,
      (tag) => tag.replace(/[^\n]/g, " "),
    );
    return [...placeholders(text)]
      .filter(({ name, index }) =>
        !(name in names) && /^[\p{L}_]/u.test(name) && !isComment(text, index)
      )
      .map(({ name, index }) => ({
        line: lineAt(text, index),
        message: `There is nothing named {${name}}`,
        name,
      }));
  }

  #wrongTags(names: TemplateNames): Finding[] {
    let tree: (string | Tag)[];
    try {
      tree = new Eta({ ...this.#eta.config, plugins: [] }).parse(this.text);
    } catch (error) {
      return [placeOf(error)];
    }
    return tree.flatMap((node) => {
      if (typeof node === "string") return [];
      const line = node.lineNo ?? 1;
      const unknown = [...node.val.matchAll(NAME_OF_IT)].flatMap((match) => {
        const name = match[1] ?? match[2] ?? "";
        if (name in names) return [];
        const message = `There is nothing named it.${name}`;
        return [{
          line: line + lineAt(node.val, match.index) - 1,
          message,
          name,
        }];
      });
      const syntax = node.t === "e" ? undefined : syntaxError(node.val);
      return syntax === undefined
        ? unknown
        : [...unknown, { line, message: `${syntax} in <%= ${node.val} %>` }];
    });
  }
}

interface Finding {
  line?: number;
  message: string;
  /** The name that doesn't exist, if that is what is wrong. */
  name?: string;
}

const NAME_OF_IT =
  /(?<![\w.$])it(?:\??\.([A-Za-z_$][\w$]*)|\[["'`]([^"'`]+)["'`]\])/g;

/** Every `{NAME}` that can be a placeholder: not `${variable}`, not a regular expression's `\p{L}`. */
function* placeholders(
  text: string,
): Generator<{ index: number; name: string; written: string }> {
  const pattern = /(?<!\$)(?<!\\[A-Za-z])\{([\p{L}\p{N}_][\p{L}\p{N}_.-]*)\}/gu;
  for (const match of text.matchAll(pattern)) {
    yield { index: match.index, name: match[1] ?? "", written: match[0] };
  }
}

/** Whether a place in nginx.conf stands behind a `#`. */
function isComment(text: string, index: number): boolean {
  const line = text.slice(text.lastIndexOf("\n", index) + 1, index);
  return /(^|\s)#/.test(line);
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** What an expression's syntax lacks, in the words of JavaScript; undefined if nothing. */
function syntaxError(expression: string): string | undefined {
  try {
    new Function("it", `return (${expression}\n)`);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The line and the first words of one of Eta's errors. */
function placeOf(error: unknown): Finding {
  const text = messageOf(error);
  const line = /\bline (\d+)/.exec(text)?.[1];
  const cause = error instanceof Error && error.cause !== undefined
    ? messageOf(error.cause)
    : text.replace(/^Bad template syntax\s+/, "").split("\n")[0] ?? "";
  return {
    line: line === undefined ? undefined : Number(line),
    message: cause.replace(/ at line \d+ col \d+:?$/, ""),
  };
}

/** What a tag prints; "undefined" in nginx.conf would be a mistake found too late. */
function printable(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return String(value);
  throw new TypeError(`Expected a text to print, got ${typeof value}`);
}

/** The names, with an error for one that doesn't exist. */
function strict(names: TemplateNames): TemplateNames {
  return new Proxy(names, {
    get(target, name) {
      if (typeof name === "symbol" || name in target) {
        return Reflect.get(target, name);
      }
      if (name === "__blocks") return undefined; // Eta's own
      throw new ReferenceError(`There is nothing named it.${name}`);
    },
  });
}
