// The syntax of deploy.conf: the dialect of Python's `configparser.ConfigParser()` with its defaults.
// What CPython refuses to read is a mistake here, and nothing else is.

/** Something in deploy.conf that must be mended before it can be used. */
export interface Mistake {
  /** 1-based. */
  line: number;
  /** A sentence without a full stop and without the `deploy.conf:LINE:` in front of it. */
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
  /** The line the key stands on; 1-based. */
  line: number;
}

/** The entries below one `[name]`, in the order of the file. */
export interface Section {
  name: string;
  /** The line of its (first) heading; 1-based, 0 for a `[DEFAULT]` that isn't in the file. */
  line: number;
  entries: Map<string, Entry>;
}

/** What deploy.conf says, as far as it can be read, and everything that can't be. */
export interface ParsedConf {
  /** `[DEFAULT]`: its entries are seen from every section. It may stand in the file more than once. */
  defaults: Section;
  /** All others, in the order of the file. */
  sections: Map<string, Section>;
  /** In the order of the file; empty if, and only if, CPython would read it. */
  mistakes: Mistake[];
}

/**
 * Reads the text of a deploy.conf. Never throws: every mistake is collected, and reading goes on behind it so that
 * one mistake doesn't bring about others. A byte order mark in front is ignored; lines may end in LF, CRLF or CR.
 */
export function parseConf(text: string): ParsedConf {
  const reader = new Reader();
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  lines.forEach((line, index) => reader.read(line, index + 1));
  return reader.finish();
}

class Reader {
  #defaults: Section = { name: "DEFAULT", line: 0, entries: new Map() };
  #sections = new Map<string, Section>();
  #mistakes: Mistake[] = [];

  /** Where entries go now. */
  #section?: Section;
  /** The repeated heading above, if it is one: keys that repeat those of the first are part of that mistake. */
  #repeatedAt = 0;
  /** Where continuation lines go now. */
  #entry?: Entry;
  /** How deep the last line stood that continued nothing; what is deeper continues it. */
  #indent = 0;
  /** How deep the last unreadable line stood; what is deeper, and unreadable too, is part of that mistake. */
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

  finish(): ParsedConf {
    for (const section of [this.#defaults, ...this.#sections.values()]) {
      // Blank lines are part of a value only if more of it follows.
      for (const entry of section.entries.values()) {
        entry.value = stripEnd(entry.value);
      }
    }
    return {
      defaults: this.#defaults,
      sections: this.#sections,
      mistakes: this.#mistakes,
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
    this.#mistakes.push({
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
    // After a mistake its continuation lines still need an entry to go to, although nobody will see it.
    this.#entry = { key, value: strip(text.slice(delimiter + 1)), line };
    const first = section.entries.get(key);
    if (key === "") {
      this.#mistakes.push({
        line,
        message: `Expected a key before "${text[0]}", got ${quote(text)}`,
      });
    } else if (!first) {
      section.entries.set(key, this.#entry);
    } else if (first.line > this.#repeatedAt) {
      this.#mistakes.push({
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
    this.#mistakes.push({
      line,
      message: `Expected "key: value" or "[section]", got ${quote(text)}`,
      hint: above &&
        `Indent the line if it continues the value of "${above.key}"`,
    });
  }

  /** To CPython `[service:web` is a key, as long as there is a section that it could belong to. */
  #isBrokenHeading(text: string): boolean {
    return text.startsWith("[") && !(this.#section && /[=:]/.test(text));
  }

  /** `[nginx` or `[]`: what follows is read as a section, lest its keys be taken for those of the section above. */
  #rejectHeading(text: string, line: number): void {
    this.#mistakes.push({
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

  /** All of it is one mistake, which the first section ends. */
  #rejectTextBeforeSections(text: string, line: number): void {
    if (this.#mistakes.length > 0) return;
    this.#mistakes.push({
      line,
      message: `Expected a "[section]" above any other text, got ${
        quote(text)
      }`,
    });
  }
}

/** The text in double quotes, on one line and cut to `length` characters, as messages show it. */
export function quote(text: string, length = 60): string {
  return JSON.stringify(
    text.length > length ? text.slice(0, length - 1) + "…" : text,
  );
}

/** A heading reaches to the last bracket; CPython ignores what follows it. */
function nameInHeading(text: string): string | undefined {
  const end = text.lastIndexOf("]");
  return text.startsWith("[") && end > 1 ? text.slice(1, end) : undefined;
}

function strip(text: string): string {
  return stripEnd(text.slice(blanksBefore(text)));
}

function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

function blanksBefore(text: string): number {
  let count = 0;
  while (count < text.length && isBlank(text.charCodeAt(count))) count++;
  return count;
}

/** What Python's `str.isspace()` calls blank: unlike `trim()` with U+001C to U+001F and U+0085, without U+FEFF. */
function isBlank(code: number): boolean {
  if (code < 0x80) {
    return code === 0x20 || (code >= 0x09 && code <= 0x0d) ||
      (code >= 0x1c && code <= 0x1f);
  }
  return code === 0x85 || code === 0xa0 || code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) || code === 0x2028 || code === 0x2029 ||
    code === 0x202f || code === 0x205f || code === 0x3000;
}
