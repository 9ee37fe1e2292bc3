import { basename } from "@std/path";
import { type Ini, parse, type Section } from "../ini/mod.ts";
import type { SectionKind } from "./keys.ts";
import { Diagnostics } from "./diagnostics.ts";
import { SectionReader } from "./section_reader.ts";
import { SERVICE_PREFIX } from "./section_values.ts";
import { nearest } from "../text/suggestion.ts";

/** deploy.conf as sections whose keys are read by their kind, collecting what is wrong. */
export class ConfReader {
  readonly diagnostics = new Diagnostics();
  readonly #parsed: Ini;

  constructor(text: string, readonly file: string) {
    this.#parsed = parse(text);
    for (const problem of this.#parsed.problems) this.#add(problem);
    for (const section of this.#parsed.sections.values()) {
      if (kindOf(section.name) === undefined) this.#rejectSection(section);
    }
  }

  /** The section `[name]`, or an empty one in its place. */
  section(name: "nginx" | "deploy"): SectionReader {
    const section = this.#parsed.sections.get(name);
    if (section === undefined && name === "nginx") {
      this.#add({ line: 1, message: "There is no section [nginx]" });
      return this.#reader(undefined, name);
    }
    return this.#reader(section, name);
  }

  services(): SectionReader[] {
    return [...this.#parsed.sections.values()]
      .filter((section) => section.name.startsWith(SERVICE_PREFIX))
      .map((section) => this.#reader(section, "service"));
  }

  #reader(section: Section | undefined, kind: SectionKind): SectionReader {
    return new SectionReader(section, kind, {
      defaults: this.#parsed.defaults,
      file: this.file,
      diagnostics: this.diagnostics,
    });
  }

  #rejectSection(section: Section): void {
    const known = ["nginx", "deploy"];
    // [services:web] and [service web] are meant to be services.
    const service = /^services?[:\s.]+(.+)$/i.exec(section.name)?.[1];
    const near = service !== undefined
      ? SERVICE_PREFIX + service
      : nearest(section.name, known);
    this.#add({
      line: section.line,
      message: `Expected [nginx], [deploy] or [service:NAME], got ` +
        `[${section.name}]`,
      hint: near === undefined ? undefined : `did you mean [${near}]?`,
    });
  }

  #add(what: { line?: number; message: string; hint?: string }): void {
    this.diagnostics.add({ file: basename(this.file), ...what });
  }
}

/** The kind of a section by its name; undefined if there is none of that name. */
function kindOf(name: string): SectionKind | undefined {
  if (name === "nginx" || name === "deploy") return name;
  return name.startsWith(SERVICE_PREFIX) ? "service" : undefined;
}
