// The dialect of Python's `configparser.ConfigParser()` with its defaults.
// What CPython refuses to read is a problem here, and nothing else is.

import { quote } from "./quote.ts";
import { blanksBefore, strip, stripEnd } from "./whitespace.ts";

/** Why a file can't be read. */
export interface Problem {
  /** 1-based. */
  line: number;
  /** A sentence without a full stop, and without the line number. */
  message: string;
  /** What the user can do about it. */
  hint?: string;
}

/** One `key: value`. */
export interface Entry {
  /** In lower case. */
  key: string;
  /** As written, with its continuation lines; `%(name)s` isn't expanded yet. */
  value: string;
  /** The line of the key; 1-based. */
  line: number;
}

/** The entries below one `[name]`, in the order of the file. */
export interface Section {
  name: string;
  /** The line of its (first) heading; 1-based, 0 for a `[DEFAULT]` that isn't in the file. */
  line: number;
  entries: Map<string, Entry>;
}

/** The content of a file, as far as it can be read, and all problems. */
export interface Ini {
  /** `[DEFAULT]`: its entries apply to every section. It may occur more than once. */
  defaults: Section;
  /** All others, in the order of the file. */
  sections: Map<string, Section>;
  /** In the order of the file; empty if, and only if, CPython would read it. */
  problems: Problem[];
}

/**
 * Reads the text of a file. Never throws: all problems are collected, and one problem doesn't
 * cause others. A byte order mark is ignored; lines may end in LF, CRLF or CR.
 */
export function parse(text: string): Ini {
  const reader = new Reader();
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  lines.forEach((line, index) => reader.read(line, index + 1));
  return reader.finish();
}

class Reader {
  #defaults: Section = { name: "DEFAULT", line: 0, entries: new Map() };
  #sections = new Map<string, Section>();
  #problems: Problem[] = [];

  /** The section that entries are added to. */
  #section?: Section;
  /** The line of the heading above, if that is repeated: its repeated keys aren't reported, too. */
  #repeatedAt = 0;
  /** The entry that continuation lines are added to. */
  #entry?: Entry;
  /** The indentation of the last line that wasn't a continuation; deeper lines continue it. */
  #indent = 0;
  /** The indentation of the last unreadable line; deeper unreadable lines aren't reported. */
  #unreadableIndent = Infinity;

  read(line: string, number: number): void {
    const text = strip(line);
    if (text === "") {
      if (this.#entry) this.#entry.value += "\n";
      return;
    }
    if (text.startsWith("#") || text.startsWith(";")) return;
    const indent = blanksBefore(line);
    if (this.#entry && indent > this.#indent) {
      this.#entry.value += "\n" + text;
      return;
    }
    this.#indent = indent;
    const name = nameInHeading(text);
    if (name !== undefined) this.#readHeading(name, number);
    else if (this.#isBrokenHeading(text)) this.#rejectHeading(text, number);
    else if (this.#section) this.#readEntry(text, number, this.#section);
    else this.#rejectTextBeforeSections(text, number);
  }

  finish(): Ini {
    for (const section of [this.#defaults, ...this.#sections.values()]) {
      // Blank lines are part of a value only if more of it follows.
      for (const entry of section.entries.values()) {
        entry.value = stripEnd(entry.value);
      }
    }
    return {
      defaults: this.#defaults,
      sections: this.#sections,
      problems: this.#problems,
    };
  }

  #readHeading(name: string, line: number): void {
    this.#entry = undefined;
    this.#unreadableIndent = Infinity;
    this.#repeatedAt = 0;
    if (name === this.#defaults.name) {
      this.#defaults.line ||= line;
      this.#section = this.#defaults;
      return;
    }
    const first = this.#sections.get(name);
    if (!first) {
      this.#section = { name, line, entries: new Map() };
      this.#sections.set(name, this.#section);
      return;
    }
    this.#problems.push({
      line,
      message: `Section [${name}] is already on line ${first.line}`,
      hint: "Join the two, or give one of them another name",
    });
    this.#section = first;
    this.#repeatedAt = line;
  }

  #readEntry(text: string, line: number, section: Section): void {
    const delimiter = text.search(/[=:]/);
    if (delimiter === -1) {
      this.#rejectUnreadable(text, line);
      return;
    }
    this.#unreadableIndent = Infinity;
    const key = stripEnd(text.slice(0, delimiter)).toLowerCase();
    // Even if the key is rejected, its continuation lines need an entry to be added to.
    this.#entry = { key, value: strip(text.slice(delimiter + 1)), line };
    const first = section.entries.get(key);
    if (key === "") {
      this.#problems.push({
        line,
        message: `Expected a key before "${text[0]}", got ${quote(text)}`,
      });
    } else if (!first) {
      section.entries.set(key, this.#entry);
    } else if (first.line > this.#repeatedAt) {
      this.#problems.push({
        line,
        message:
          `Key "${key}" of [${section.name}] is already on line ${first.line}`,
        hint: "Remove one of the two",
      });
    }
  }

  #rejectUnreadable(text: string, line: number): void {
    const above = this.#entry;
    this.#entry = undefined;
    if (this.#indent > this.#unreadableIndent) return;
    this.#unreadableIndent = this.#indent;
    this.#problems.push({
      line,
      message: `Expected "key: value" or "[section]", got ${quote(text)}`,
      hint: above &&
        `Indent the line if it continues the value of "${above.key}"`,
    });
  }

  /** To CPython, `[service:web` is a key if there is a section that it could belong to. */
  #isBrokenHeading(text: string): boolean {
    return text.startsWith("[") && !(this.#section && /[=:]/.test(text));
  }

  /** `[nginx` or `[]`: starts a section anyway, so that its keys aren't added to the section above. */
  #rejectHeading(text: string, line: number): void {
    this.#problems.push({
      line,
      message: `Expected "[section]", got ${quote(text)}`,
    });
    this.#entry = undefined;
    this.#unreadableIndent = Infinity;
    this.#repeatedAt = line;
    const name = text.replace(/^\[|\]$/g, "");
    if (name === this.#defaults.name) {
      this.#defaults.line ||= line;
      this.#section = this.#defaults;
      return;
    }
    this.#section = this.#sections.get(name) ??
      { name, line, entries: new Map() };
    if (name !== "") this.#sections.set(name, this.#section);
  }

  /** All text before the first section is one problem. */
  #rejectTextBeforeSections(text: string, line: number): void {
    if (this.#problems.length > 0) return;
    this.#problems.push({
      line,
      message: `Expected a "[section]" above any other text, got ${
        quote(text)
      }`,
    });
  }
}

/** A heading ends at the last bracket; CPython ignores what follows it. */
function nameInHeading(text: string): string | undefined {
  const end = text.lastIndexOf("]");
  return text.startsWith("[") && end > 1 ? text.slice(1, end) : undefined;
}
