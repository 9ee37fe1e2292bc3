import { basename } from "@std/path";
import { findEntry, interpolate, type Section } from "../ini/mod.ts";
import { type Key, KEYS, type SectionKind } from "./keys.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { nearest } from "../text/suggestion.ts";

export const SERVICE_PREFIX = "service:";
/** Names that a template needs for something else. */
const FORBIDDEN_NAMES = ["nginx_pid_filename", "project_dir"];

/** What a section stands in. */
export interface Surroundings {
  defaults: Section;
  /** The path of deploy.conf. */
  file: string;
  diagnostics: Diagnostics;
}

/** The expanded values of one section, as texts, and what is wrong with them. */
export class SectionValues {
  readonly #keys: Record<string, Key>;
  readonly #values = new Map<string, string>();
  readonly #unexpanded = new Set<string>();

  constructor(
    readonly section: Section | undefined,
    readonly kind: SectionKind,
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
    if (kind === "service") this.#checkName(section);
    for (const [key, { required }] of Object.entries(this.#keys)) {
      if (required && !this.#values.get(key)) this.missing(key);
    }
  }

  /** The NAME of `[service:NAME]`. */
  get serviceName(): string {
    return (this.section?.name ?? "").slice(SERVICE_PREFIX.length).trim();
  }

  /** The value of a key or its default; undefined if there is neither. */
  optionalText(key: string): string | undefined {
    const value = this.#values.get(key) ?? this.#keys[key]?.default;
    return value === "" ? undefined : value;
  }

  /** Records that the section as a whole can't be. */
  refuse(message: string): void {
    this.#add(this.section?.line, message);
  }

  /** Records that a key has no value and needs one. */
  missing(key: string, why?: string): void {
    // One that cannot be expanded has been reported.
    if (this.#unexpanded.has(key)) return;
    const entry = this.section &&
      findEntry(this.section, this.surroundings.defaults, key);
    this.#add(
      entry?.line ?? this.section?.line,
      `[${this.section?.name}] needs a value for "${key}"` +
        (why === undefined ? "" : ` ${why}`),
    );
  }

  /** Records that a key's value isn't what it must be. */
  mistake(key: string, what: { expected: string; found: string }): void {
    this.#add(
      this.section &&
        findEntry(this.section, this.surroundings.defaults, key)?.line,
      `Cannot use "${key}" of [${this.section?.name ?? this.kind}]: ` +
        `expected ${what.expected}, got "${what.found}"`,
    );
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
      else this.#values.set(key, expanded.value);
    }
    return used;
  }

  #checkName(section: Section): void {
    const name = this.serviceName;
    if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(name)) {
      this.#add(
        section.line,
        `Cannot use [${section.name}]: expected letters, digits, "_", "-" or ` +
          `"." after "${SERVICE_PREFIX}", got "${name}"`,
      );
    } else if (FORBIDDEN_NAMES.includes(name) || name in {}) {
      this.#add(
        section.line,
        `Cannot use [${section.name}]: the template has {${name}} already`,
      );
    }
  }

  #add(line: number | undefined, message: string, hint?: string): void {
    const file = basename(this.surroundings.file);
    this.surroundings.diagnostics.add({ file, line, message, hint });
  }
}
