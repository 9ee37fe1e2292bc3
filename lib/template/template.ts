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

/** The names that a template can use: `it.NAME` in Eta, `{NAME}` in the classic language. */
export type TemplateNames = Record<string, unknown>;

/** Replaces carriage returns while Eta has the text, since Eta would drop them. */
const CARRIAGE_RETURN = "\ue00d";

/**
 * nginx.conf.template in its two languages: `{NAME}`, where all other braces are nginx's
 * own, and Eta's `<% %>`. They can be mixed: `{NAME}` means `<%= it["NAME"] %>`.
 */
export class Template {
  readonly #eta = new Eta({
    autoEscape: false,
    autoTrim: false,
    autoFilter: true,
    debug: true, // for line numbers
    filterFunction: printable,
  });
  /** Compiled templates by source: a deploy renders the same source several times. */
  readonly #compiled = new Map<string, ReturnType<Eta["compile"]>>();

  constructor(readonly file: string, readonly text: string) {}

  /** @throws {Deno.errors.NotFound} and the like, if the file can't be read. */
  static read(file: string): Template {
    return new Template(file, Deno.readTextFileSync(file));
  }

  /**
   * Renders nginx.conf.
   *
   * @throws {Error} if the template uses a name that doesn't exist; `check` finds it
   * earlier.
   */
  render(names: TemplateNames): string {
    return this.renderLines(names).text;
  }

  /** The same, with where each line comes from. */
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

  /** Adds all mistakes in the template to `diagnostics`. Returns whether it can be rendered. */
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

  /**
   * The line of the first `<% statement %>` that isn't valid JavaScript in any
   * surroundings.
   */
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

  /** Snippets after a `#`, which comments out only the first of their many lines. */
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

  /** Expressions that aren't valid JavaScript. Statements can only be checked as a whole. */
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
  /** The name that doesn't exist, if that is the mistake. */
  name?: string;
}

/** What may be before and after a statement tag: blocks that it closes and opens. */
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

/** JavaScript's message about an expression's syntax; undefined if it is valid. */
function syntaxError(expression: string): string | undefined {
  try {
    new Function("it", `return (${expression}\n)`);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The line and the message of an error of Eta's. */
function placeOf(error: unknown): Finding {
  const text = messageOf(error);
  const line = /\bline (\d+)/.exec(text)?.[1];
  const cause = error instanceof Error && error.cause !== undefined
    ? messageOf(error.cause)
    : text.replace(/^Bad template syntax\s+/, "").split("\n")[0] ?? "";
  return {
    line: line === undefined ? undefined : Number(line),
    message: cause.replace(/ at line \d+ col \d+:?$/, "")
      // From Eta's own try around a block that isn't closed.
      .replace(/^Unexpected token 'catch'$/, "A block { isn't closed"),
  };
}

/** The text that a tag prints. Throws on undefined, which nginx would notice too late. */
function printable(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return String(value);
  throw new TypeError(`Expected a text to print, got ${typeof value}`);
}

/** The names, throwing for one that doesn't exist. */
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
