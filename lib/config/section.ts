import { basename, dirname } from "@std/path";
import { findEntry, interpolate, type Section } from "../ini/mod.ts";
import { nearest } from "../text/suggestion.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { camelCase, type Key } from "./key.ts";
import { KEYS, type SectionKind, type ValuesOf } from "./keys.ts";

/** What a section stands in. */
export interface Surroundings {
  defaults: Section;
  /** The path of deploy.conf. */
  file: string;
  diagnostics: Diagnostics;
}

/** A section of deploy.conf: its texts, expanded, their values, and what is wrong with them. */
export class ConfSection<Kind extends SectionKind> {
  readonly #keys: Record<string, Key>;
  readonly #texts = new Map<string, string>();
  readonly #unexpanded = new Set<string>();

  /** @param section undefined for one that isn't there and may be missing */
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

  /** What stands in its heading. */
  get name(): string {
    return this.section?.name ?? this.kind;
  }

  /** The values of all keys, as the table of keys reads them; an empty text is as good as none. */
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
            // That it is missing has been said.
            if (found === undefined) return;
            this.reject(name, expected, found, key.others);
          },
        });
      }
    }
    return values as ValuesOf<Kind>;
  }

  /** Whether a key has a text of its own. */
  has(key: string): boolean {
    return Boolean(this.#texts.get(key));
  }

  /** Records that the section as a whole can't be. */
  refuse(message: string): void {
    this.#add(this.section?.line, message);
  }

  /** Records that a key has no value and needs one. */
  missing(key: string, why?: string): void {
    // One that cannot be expanded has been reported.
    if (this.#unexpanded.has(key)) return;
    this.#add(
      this.#lineOf(key) ?? this.section?.line,
      `[${this.name}] needs a value for "${key}"` +
        (why === undefined ? "" : ` ${why}`),
    );
  }

  /**
   * Records that a key's value isn't what it must be.
   *
   * @param others whether that may be because of what others have changed
   */
  reject(key: string, expected: string, found: string, others?: true): void {
    const message = `Cannot use "${key}" of [${this.name}]: ` +
      `expected ${expected}, got "${found}"`;
    this.#add(this.#lineOf(key), message, undefined, others);
  }

  #lineOf(key: string): number | undefined {
    return this.section &&
      findEntry(this.section, this.surroundings.defaults, key)?.line;
  }

  /** Expands every value, and returns the names that are used by others. */
  #interpolateAll(section: Section): Set<string> {
    const used = new Set<string>();
    // A default that only other sections can expand is no mistake of this one.
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
