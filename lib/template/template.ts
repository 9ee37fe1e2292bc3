import { basename } from "@std/path";
import { Eta } from "eta";
import { messageOf } from "../error.ts";
import type { Diagnostics } from "../config/diagnostics.ts";
import { nearest } from "../text/suggestion.ts";
import { markLines, type RenderedText, takeLines } from "./line_marks.ts";
import {
  isComment,
  lineAt,
  namesOfIt,
  placeholders,
  splitTags,
} from "./scan.ts";

/** What a template can print: `it` in Eta, `{NAME}` in the classic language. */
export type TemplateNames = Record<string, unknown>;

/** Stands for a carriage return while Eta has the text, which would drop it. */
const CARRIAGE_RETURN = "\ue00d";

/**
 * nginx.conf.template in its two languages: `{NAME}`, where every other brace is
 * nginx's own, and Eta's `<% %>`. They mix: `{NAME}` is another way to write
 * `<%= it["NAME"] %>`.
 */
export class Template {
  readonly #eta = new Eta({
    autoEscape: false,
    autoTrim: false,
    autoFilter: true,
    debug: true, // for line numbers
    filterFunction: printable,
  });
  /** It is rendered several times in a deploy, from the same source. */
  readonly #compiled = new Map<string, ReturnType<Eta["compile"]>>();

  constructor(readonly file: string, readonly text: string) {}

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
    return this.renderLines(names).text;
  }

  /** The same, and where each of its lines comes from. */
  renderLines(names: TemplateNames): RenderedText {
    const source = splitTags(this.text).map(({ text, start, isTag }) =>
      isTag ? text : withTags(markLines(text, lineAt(this.text, start)), names)
    ).join("");
    const compiled = this.#compile(source);
    return takeLines(
      this.#eta.render(compiled, strict(names))
        .replaceAll(CARRIAGE_RETURN, "\r"),
    );
  }

  #compile(source: string): ReturnType<Eta["compile"]> {
    const known = this.#compiled.get(source);
    if (known !== undefined) return known;
    const compiled = this.#eta.compile(source);
    this.#compiled.set(source, compiled);
    return compiled;
  }

  /** Adds everything that is wrong with the template to `diagnostics`. Returns whether it can be rendered. */
  check(names: TemplateNames, diagnostics: Diagnostics): boolean {
    const known = Object.keys(names);
    const found = [
      ...this.#unknownPlaceholders(names),
      ...this.#unknownNames(names),
      ...this.#wrongExpressions(),
      ...this.#hiddenSnippets(),
    ];
    for (const { line, message, name } of found) {
      const near = name === undefined ? undefined : nearest(name, known);
      const hint = near === undefined
        ? name && `the names are ${known.join(", ")}`
        : `did you mean "${near}"?`;
      diagnostics.add({ file: basename(this.file), line, message, hint });
    }
    if (found.length > 0) return false;
    try {
      this.render(names);
      return true;
    } catch (error) {
      const place = placeOf(error);
      const line = place.line ?? this.#lineOfWrongStatement();
      diagnostics.add({ file: basename(this.file), ...place, line });
      return false;
    }
  }

  #unknownPlaceholders(names: TemplateNames): Finding[] {
    return splitTags(this.text).filter(({ isTag }) => !isTag)
      .flatMap(({ text, start }) =>
        placeholders(text)
          .filter(({ name, isLikely }) =>
            isLikely && !Object.hasOwn(names, name)
          )
          .map(({ name, index }) => ({
            line: lineAt(this.text, start + index),
            message: `There is nothing named {${name}}`,
            name,
          }))
      );
  }

  #unknownNames(names: TemplateNames): Finding[] {
    return splitTags(this.text).filter(({ isTag }) => isTag)
      .flatMap(({ text, start }) =>
        namesOfIt(text)
          .filter(({ name }) => !Object.hasOwn(names, name))
          .map(({ name, index }) => ({
            line: lineAt(this.text, start + index),
            message: `There is nothing named it.${name}`,
            name,
          }))
      );
  }

  /** The line of the first `<% statement %>` that can't be JavaScript, whatever stands around it. */
  #lineOfWrongStatement(): number | undefined {
    const wrong = splitTags(this.text).find(({ text, isTag }) => {
      const statement = /^<%[-_]?(?!\s*[=~])([^]*?)[-_]?%>$/.exec(text)?.[1];
      return isTag && statement !== undefined &&
        SURROUNDINGS.every(([before, after]) =>
          syntaxError(`() => {${before}\n${statement}\n${after}}`) !== undefined
        );
    });
    return wrong && lineAt(this.text, wrong.start);
  }

  /** Snippets of many lines, of which a `#` in front hides only the first. */
  #hiddenSnippets(): Finding[] {
    return splitTags(this.text)
      .filter(({ text, start, isTag }) =>
        isTag && /\bit\.live\./.test(text) && isComment(this.text, start)
      )
      .map(({ text, start }) => ({
        line: lineAt(this.text, start),
        message:
          `A comment hides only the first line of ${text}; write <%/* … */%>`,
      }));
  }

  /** Expressions that aren't JavaScript; those in statements show only as a whole. */
  #wrongExpressions(): Finding[] {
    return splitTags(this.text).flatMap(({ text, start, isTag }) => {
      const expression = /^<%[-_]?\s*[=~]([^]*?)[-_]?%>$/.exec(text)?.[1];
      const wrong = isTag && expression !== undefined &&
        syntaxError(expression);
      return wrong
        ? [{ line: lineAt(this.text, start), message: `${wrong} in ${text}` }]
        : [];
    });
  }
}

interface Finding {
  line?: number;
  message: string;
  /** The name that doesn't exist, if that is what is wrong. */
  name?: string;
}

/** What may stand before and after a statement tag: blocks that it closes and opens. */
const SURROUNDINGS = [
  ["", ""],
  ["", "}"],
  ["{", ""],
  ["if (1) {", "}"],
  ["", "})"],
  ["f(() => {", ""],
  ["", "]"],
  ["switch (1) {", "}"],
  ["try {", "}"],
] as const;

/** Text with a tag for each known placeholder. */
function withTags(text: string, names: TemplateNames): string {
  let tagged = "";
  let done = 0;
  for (const { index, name, written } of placeholders(text)) {
    if (!Object.hasOwn(names, name)) continue;
    tagged += text.slice(done, index) + `<%~ it[${JSON.stringify(name)}] %>`;
    done = index + written.length;
  }
  return (tagged + text.slice(done)).replaceAll("\r", CARRIAGE_RETURN);
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
    message: cause.replace(/ at line \d+ col \d+:?$/, "")
      // Eta's own try around a block that isn't closed.
      .replace(/^Unexpected token 'catch'$/, "A block { isn't closed"),
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
      if (typeof name === "symbol" || Object.hasOwn(target, name)) {
        return Reflect.get(target, name);
      }
      if (name === "__blocks") return undefined; // Eta's own
      throw new ReferenceError(`There is nothing named it.${name}`);
    },
  });
}
