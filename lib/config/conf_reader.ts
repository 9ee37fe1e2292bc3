import { basename } from "@std/path";
import { type Ini, parse, type Section } from "../ini/mod.ts";
import { nearest } from "../text/suggestion.ts";
import { Diagnostics } from "./diagnostics.ts";
import type { SectionKind } from "./keys.ts";
import { ConfSection } from "./section.ts";

const SERVICE_PREFIX = "service:";

/** Reads deploy.conf as sections of known kinds, and collects mistakes. */
export class ConfReader {
  readonly diagnostics = new Diagnostics();
  readonly #ini: Ini;

  constructor(text: string, readonly file: string) {
    this.#ini = parse(text);
    for (const problem of this.#ini.problems) this.#add(problem);
    for (const section of this.#ini.sections.values()) {
      if (kindOf(section.name) === undefined) this.#rejectSection(section);
    }
  }

  /** The section `[nginx]`; an empty one if it is missing. */
  nginx(): ConfSection<"nginx"> {
    const section = this.#ini.sections.get("nginx");
    if (section === undefined) {
      this.#add({ line: 1, message: "There is no section [nginx]" });
    }
    return this.#read(section, "nginx");
  }

  /** The section `[deploy]`; an empty one if it is missing. */
  deploy(): ConfSection<"deploy"> {
    return this.#read(this.#ini.sections.get("deploy"), "deploy");
  }

  /** The sections `[service:NAME]`, each with its NAME. */
  services(): { name: string; section: ConfSection<"service"> }[] {
    return [...this.#ini.sections.values()]
      .filter(({ name }) => kindOf(name) === "service")
      .map((section) => ({
        name: section.name.slice(SERVICE_PREFIX.length).trim(),
        section: this.#read(section, "service"),
      }));
  }

  #read<Kind extends SectionKind>(
    section: Section | undefined,
    kind: Kind,
  ): ConfSection<Kind> {
    return new ConfSection(section, kind, {
      defaults: this.#ini.defaults,
      file: this.file,
      diagnostics: this.diagnostics,
    });
  }

  #rejectSection(section: Section): void {
    const known = ["nginx", "deploy"];
    // [services:web] and [service web] are probably meant to be services.
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

/** The kind of a section by its name; undefined if it is unknown. */
function kindOf(name: string): SectionKind | undefined {
  if (name === "nginx" || name === "deploy") return name;
  return name.startsWith(SERVICE_PREFIX) ? "service" : undefined;
}
