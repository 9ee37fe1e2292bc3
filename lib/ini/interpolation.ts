// `%(name)s` and `%%` in values, as Python's `configparser.BasicInterpolation` expands them.

import type { Entry, Problem, Section } from "./parser.ts";
import { quote } from "./quote.ts";

/** How deep references may be nested: CPython's `MAX_INTERPOLATION_DEPTH`. */
const MAX_DEPTH = 10;

/** A value that can't be expanded; its line is that of the entry with the faulty text. */
export type InterpolationProblem =
  & Problem
  & (
    | {
      kind: "missing";
      /** The name referred to, in lower case. */
      name: string;
      /** The names that exist. */
      known: string[];
    }
    | { kind: "syntax" | "depth" }
  );

/** A value with its references expanded. */
export interface Interpolated {
  /** Undefined if there are problems, or no such key. */
  value?: string;
  /** The names that the value refers to, directly or through other values, in lower case. */
  used: Set<string>;
  /** In the order in which CPython would find them. */
  problems: InterpolationProblem[];
}

/** The entry for `key` (in lower case) in a section or, if it has none, in `[DEFAULT]`. */
export function findEntry(
  section: Section,
  defaults: Section,
  key: string,
): Entry | undefined {
  return section.entries.get(key) ?? defaults.entries.get(key);
}

/**
 * Expands the value of `key` (in lower case) as seen from `section`. A reference is to a key
 * of the section or, if it has none, of `defaults`; `%%` is a percent sign; any other percent
 * sign is a problem. Never throws.
 */
export function interpolate(
  section: Section,
  defaults: Section,
  key: string,
): Interpolated {
  const entry = findEntry(section, defaults, key);
  if (!entry) return { used: new Set(), problems: [] };
  const expansion = new Expansion(section, defaults);
  const value = expansion.expand(entry, []);
  const { used, problems } = expansion;
  return problems.length > 0 ? { used, problems } : { value, used, problems };
}

class Expansion {
  readonly used = new Set<string>();
  readonly problems: InterpolationProblem[] = [];
  #tooDeep = false;

  constructor(readonly section: Section, readonly defaults: Section) {}

  /** @param above the entries through which this one was reached */
  expand(entry: Entry, above: Entry[]): string {
    const path = [...above, entry];
    if (path.length > MAX_DEPTH) this.#rejectDepth(path);
    let expanded = "";
    let rest = entry.value;
    // Continue after a problem to find the others, but not inside a cycle.
    while (!this.#tooDeep) {
      const percent = rest.indexOf("%");
      if (percent === -1) return expanded + rest;
      expanded += rest.slice(0, percent);
      rest = rest.slice(percent);
      const [written, name] = /^%(?:%|\(([^)]+)\)s)/.exec(rest) ?? [];
      if (written === undefined) {
        this.#rejectSyntax(rest, entry);
        rest = rest.slice(1);
        continue;
      }
      expanded += name === undefined ? "%" : this.#refer(name, path, entry);
      rest = rest.slice(written.length);
    }
    return expanded;
  }

  #refer(written: string, path: Entry[], from: Entry): string {
    const name = written.toLowerCase();
    this.used.add(name);
    const entry = findEntry(this.section, this.defaults, name);
    if (!entry) {
      this.#rejectMissing(written, name, from);
      return "";
    }
    // A value without a percent sign doesn't count as a level.
    return entry.value.includes("%") ? this.expand(entry, path) : entry.value;
  }

  #rejectMissing(written: string, name: string, { key, line }: Entry): void {
    const known = [
      ...new Set([
        ...this.section.entries.keys(),
        ...this.defaults.entries.keys(),
      ]),
    ].filter((other) => other !== key);
    const places = this.section === this.defaults
      ? "[DEFAULT] has no such key"
      : `neither [${this.section.name}] nor [DEFAULT] has such a key`;
    this.#add({
      kind: "missing",
      line,
      message: `"${key}" refers to ${quote(`%(${written})s`)}, but ${places}`,
      name,
      known,
    });
  }

  #rejectSyntax(rest: string, { key, line }: Entry): void {
    // Report one per value: in `date +%Y-%m-%d`, the second and third add nothing.
    if (this.problems.some((m) => m.kind === "syntax" && m.line === line)) {
      return;
    }
    this.#add({
      kind: "syntax",
      line,
      message: `Expected "%%" or "%(name)s" in the value of "${key}", got ${
        quote(rest, 20)
      }`,
      hint: "Write %% for a percent sign",
    });
  }

  #rejectDepth(path: Entry[]): void {
    this.#tooDeep = true;
    const closing = path.findIndex((entry, i) => path.indexOf(entry) < i);
    const repeated = path[closing];
    if (!repeated) {
      const [{ key, line } = { key: "", line: 0 }] = path;
      this.#add({
        kind: "depth",
        line,
        message: `"${key}" is nested more than ${MAX_DEPTH} levels deep: ${
          chain(path)
        }`,
      });
      return;
    }
    const cycle = path.slice(path.indexOf(repeated), closing + 1);
    const { key, line } = repeated;
    const shadows = cycle.length === 2 && this.section !== this.defaults &&
      this.section.entries.has(key) && this.defaults.entries.has(key);
    this.#add({
      kind: "depth",
      line,
      message: `"${key}" refers to itself: ${chain(cycle)}`,
      hint: shadows
        ? `Rename one: "${key}" of [DEFAULT] can't be referred to from a key of the same name`
        : undefined,
    });
  }

  #add(problem: InterpolationProblem): void {
    const known = this.problems.some(({ line, message }) =>
      line === problem.line && message === problem.message
    );
    if (!known) this.problems.push(problem);
  }
}

function chain(path: Entry[]): string {
  return path.map((entry) => entry.key).join(" -> ");
}
