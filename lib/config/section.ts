import { basename, dirname } from "@std/path";
import { findEntry, interpolate, type Section } from "../ini/mod.ts";
import { nearest } from "../text/suggestion.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { camelCase, type Key } from "./key.ts";
import { KEYS, type SectionKind, type ValuesOf } from "./keys.ts";

/** What a section needs of the whole file. */
export interface Surroundings {
  defaults: Section;
  /** The path of deploy.conf. */
  file: string;
  diagnostics: Diagnostics;
}

/** A section of deploy.conf: expands and reads its values, and records mistakes. */
export class ConfSection<Kind extends SectionKind> {
  readonly #keys: Record<string, Key>;
  readonly #texts = new Map<string, string>();
  readonly #unexpanded = new Set<string>();
  readonly #rejected = new Set<string>();

  /** @param section undefined if it is missing: then missing keys aren't reported */
  constructor(
    readonly section: Section | undefined,
    readonly kind: Kind,
    readonly surroundings: Surroundings,
  ) {
    this.#keys = KEYS[kind];
    if (section === undefined) return;
    const used = this.#interpolateAll(section);
    for (const entry of section.entries.values()) {
      if (Object.hasOwn(this.#keys, entry.key) || used.has(entry.key)) continue;
      const near = nearest(entry.key, Object.keys(this.#keys));
      this.#add(
        entry.line,
        `Unknown key "${entry.key}" in [${section.name}]`,
        near === undefined ? undefined : `did you mean "${near}"?`,
      );
    }
  }

  /** The name in its heading. */
  get name(): string {
    return this.section?.name ?? this.kind;
  }

  /** The values of all keys, read as described in the table of keys. An empty text counts as missing. */
  values(): ValuesOf<Kind> {
    const values: Record<string, unknown> = {};
    for (const [name, key] of Object.entries(this.#keys)) {
      const text = this.#texts.get(name) || key.default;
      const isNeeded = key.required && !this.has(key.unless ?? "");
      if (text === undefined && isNeeded && this.section !== undefined) {
        this.missing(name);
      }
      if (text !== undefined || key.required) {
        values[camelCase(name)] = key.read(text ?? "", {
          directory: dirname(this.surroundings.file),
          reject: (expected, found = text) => {
            // It has been reported that it is missing.
            if (found === undefined) return;
            this.reject(name, expected, found, key.others);
          },
        });
      }
    }
    return values as ValuesOf<Kind>;
  }

  /** Whether a key has a text, other than its default. */
  has(key: string): boolean {
    return Boolean(this.#texts.get(key));
  }

  /** Whether a key has an invalid value; then its default holds, and nothing follows from that. */
  isRejected(key: string): boolean {
    return this.#rejected.has(key);
  }

  /** Records a mistake about the whole section. */
  refuse(message: string): void {
    this.#add(this.section?.line, message);
  }

  /** Records that a key needs a value and has none. */
  missing(key: string, why?: string): void {
    // A value that can't be expanded has already been reported.
    if (this.#unexpanded.has(key)) return;
    this.#add(
      this.#lineOf(key) ?? this.section?.line,
      `[${this.name}] needs a value for "${key}"` +
        (why === undefined ? "" : ` ${why}`),
    );
  }

  /**
   * Records that a key has an invalid value.
   *
   * @param others whether a service's user may have caused that
   */
  reject(key: string, expected: string, found: string, others?: true): void {
    this.#rejected.add(key);
    const message = `Cannot use "${key}" of [${this.name}]: ` +
      `expected ${expected}, got "${found}"`;
    this.#add(this.#lineOf(key), message, undefined, others);
  }

  #lineOf(key: string): number | undefined {
    return this.section &&
      findEntry(this.section, this.surroundings.defaults, key)?.line;
  }

  /** Expands all values. Returns the names that are referred to. */
  #interpolateAll(section: Section): Set<string> {
    const used = new Set<string>();
    // A default that only other sections can expand isn't a mistake of this section.
    const keys = new Set([
      ...section.entries.keys(),
      ...[...this.surroundings.defaults.entries.keys()].filter((key) =>
        Object.hasOwn(this.#keys, key)
      ),
    ]);
    for (const key of keys) {
      const plain = findEntry(section, this.surroundings.defaults, key)?.value;
      if (this.#keys[key]?.percent && /^[\d.]+\s*%$/.test(plain ?? "")) {
        this.#texts.set(key, plain ?? "");
        continue;
      }
      const expanded = interpolate(section, this.surroundings.defaults, key);
      for (const name of expanded.used) used.add(name);
      for (const problem of expanded.problems) {
        const near = problem.kind === "missing"
          ? nearest(problem.name, problem.known)
          : undefined;
        this.#add(
          problem.line,
          problem.message,
          near === undefined ? problem.hint : `did you mean %(${near})s?`,
        );
      }
      if (expanded.value === undefined) this.#unexpanded.add(key);
      else this.#texts.set(key, expanded.value);
    }
    return used;
  }

  #add(
    line: number | undefined,
    message: string,
    hint?: string,
    others?: true,
  ): void {
    const file = basename(this.surroundings.file);
    this.surroundings.diagnostics.add({ file, line, message, hint, others });
  }
}
