import { basename, dirname, resolve } from "@std/path";
import { isDirectory } from "../system/files.ts";
import { findProgram } from "../system/program.ts";
import type { Section } from "./config_parser.ts";
import { parseDuration } from "./duration.ts";
import { findEntry, interpolate } from "./interpolation.ts";
import { type Key, KEYS, type SectionKind } from "./keys.ts";
import type { Mistakes } from "./mistakes.ts";
import { nearest } from "./suggestion.ts";
import {
  parseEnvironment,
  parsePort,
  parseStatuses,
  type PortKind,
  type StatusRange,
} from "./values.ts";

export const SERVICE_PREFIX = "service:";
/** Names that a template needs for something else. */
const FORBIDDEN_NAMES = ["nginx_pid_filename", "project_dir"];

/** What a section stands in. */
export interface Surroundings {
  defaults: Section;
  /** The path of deploy.conf. */
  file: string;
  mistakes: Mistakes;
}

/** One section, whose keys are read by their kind; a mistake yields a harmless value. */
export class SectionReader {
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

  /** The directory that relative paths start from. */
  get #base(): string {
    return dirname(this.surroundings.file);
  }

  optionalText(key: string): string | undefined {
    const value = this.#values.get(key) ?? this.#keys[key]?.default;
    return value === "" ? undefined : value;
  }

  /** A shell command; its continuation lines are one line. */
  command(key: string): string {
    return (this.optionalText(key) ?? "").replace(/\s*\\?\n\s*/g, " ");
  }

  optionalPath(key: string): string | undefined {
    const value = this.optionalText(key);
    if (value?.includes("\n")) {
      this.mistake(key, { expected: "one path", found: value });
    }
    return value === undefined ? undefined : resolve(this.#base, value);
  }

  path(key: string): string {
    return this.optionalPath(key) ?? this.#base;
  }

  /** A path that must be a directory. */
  directory(key: string): string {
    const path = this.path(key);
    if (!isDirectory(path)) {
      this.mistake(key, { expected: "a directory", found: path });
    }
    return path;
  }

  /** A path whose directory must exist; undefined if there is no value. */
  fileInDirectory(key: string): string | undefined {
    const path = this.optionalPath(key);
    if (path !== undefined && !isDirectory(dirname(path))) {
      this.mistake(key, {
        expected: "a file in a directory that exists",
        found: path,
      });
    }
    return path;
  }

  /** The absolute path of a program. */
  program(key: string): string {
    const name = this.optionalText(key) ?? "";
    const path = findProgram(name, this.#base);
    if (path === undefined) {
      this.mistake(key, {
        expected: `a program that is installed (apt-get install ${
          basename(name)
        }?)`,
        found: name,
      });
    }
    return path ?? name;
  }

  optionalDuration(key: string): number | undefined {
    const value = this.optionalText(key);
    if (value === undefined) return undefined;
    const ms = parseDuration(value);
    if (ms === undefined) {
      this.mistake(key, {
        expected: "seconds, or a time such as 500ms, 10s or 2m",
        found: value,
      });
    }
    return ms ?? 0;
  }

  duration(key: string): number {
    return this.optionalDuration(key) ?? 0;
  }

  statuses(key: string): StatusRange[] {
    const value = this.optionalText(key) ?? "";
    const ranges = parseStatuses(value);
    if (ranges === undefined) {
      this.mistake(key, {
        expected: "HTTP statuses such as 200 or 200-399",
        found: value,
      });
    }
    return ranges ?? [];
  }

  /** How a service comes by its port. */
  port(key: string): { port: PortKind; portNumber?: number } {
    const value = this.optionalText(key) ?? "";
    const parsed = parsePort(value);
    if (parsed === undefined) {
      this.mistake(key, {
        expected: "file, env, socket, detect or a port",
        found: value,
      });
    }
    return parsed ?? { port: "file" };
  }

  /** Yes or no, in the words of Python's `getboolean`. */
  flag(key: string): boolean {
    const value = (this.optionalText(key) ?? "").toLowerCase();
    const yes = ["yes", "true", "on", "1"].includes(value);
    if (!yes && !["no", "false", "off", "0"].includes(value)) {
      this.mistake(key, { expected: "yes or no", found: value });
    }
    return yes;
  }

  /** A number of things, at least one. */
  count(key: string): number {
    const value = this.optionalText(key) ?? "";
    const count = /^\d{1,4}$/.test(value) ? Number(value) : 0;
    if (count < 1) {
      this.mistake(key, { expected: "a number from 1 to 9999", found: value });
    }
    return Math.max(count, 1);
  }

  /** A URL of http or https. */
  url(key: string): string | undefined {
    const value = this.optionalText(key);
    const right = value === undefined || /^https?:\/\/\S+$/.test(value) &&
        URL.canParse(value);
    if (right) return value;
    this.mistake(key, { expected: "a URL such as http://…", found: value });
    return undefined;
  }

  /** A path that begins with a slash, or a URL. */
  target(key: string): string | undefined {
    const value = this.optionalText(key);
    return value !== undefined && /^\/\S*$/.test(value) ? value : this.url(key);
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

  /** The variables of `env_file`, overridden by those of `env`. */
  environment(): Record<string, string> {
    const file = this.optionalPath("env_file");
    let fromFile = "";
    try {
      if (file !== undefined) fromFile = Deno.readTextFileSync(file);
    } catch {
      this.mistake("env_file", { expected: "a file", found: file ?? "" });
    }
    return {
      ...this.#variables("env_file", fromFile),
      ...this.#variables("env", this.optionalText("env") ?? ""),
    };
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

  #variables(key: string, text: string): Record<string, string> {
    const { variables, wrong } = parseEnvironment(text);
    if (wrong !== undefined) {
      this.mistake(key, { expected: "KEY=VALUE lines", found: wrong.trim() });
    }
    return variables;
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
      for (const mistake of expanded.mistakes) {
        const near = mistake.kind === "missing"
          ? nearest(mistake.name, mistake.known)
          : undefined;
        this.#add(
          mistake.line,
          mistake.message,
          near === undefined ? mistake.hint : `did you mean %(${near})s?`,
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
    this.surroundings.mistakes.add({ file, line, message, hint });
  }
}
