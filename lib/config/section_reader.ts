import { basename, dirname, resolve } from "@std/path";
import { isDirectory } from "../system/files.ts";
import { findProgram } from "../system/program.ts";
import { parseDuration } from "../text/duration.ts";
import { SectionValues } from "./section_values.ts";
import {
  parseEnvironment,
  parsePort,
  parseStatuses,
  type PortKind,
  type StatusRange,
} from "./values.ts";

/** One section, whose keys are read by their kind; a mistake yields a harmless value. */
export class SectionReader extends SectionValues {
  /** The directory that relative paths start from. */
  get #base(): string {
    return dirname(this.surroundings.file);
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

  #variables(key: string, text: string): Record<string, string> {
    const { variables, wrong } = parseEnvironment(text);
    if (wrong !== undefined) {
      this.mistake(key, { expected: "KEY=VALUE lines", found: wrong.trim() });
    }
    return variables;
  }
}
