import { ExitStatus, ZddError } from "../error.ts";

/** A mistake in deploy.conf or the template. */
export interface Diagnostic {
  file: string;
  /** From 1; undefined if it is about the whole file. */
  line?: number;
  message: string;
  hint?: string;
  /** A service's user may have caused it: it only counts if something may be started. */
  others?: true;
}

/** Collects mistakes, so that a user sees all of them at once. */
export class Diagnostics {
  readonly #all: Diagnostic[] = [];

  /** Adds a mistake, unless it is known: those in [DEFAULT] are found in every section. */
  add(diagnostic: Diagnostic): void {
    const text = formatDiagnostic(diagnostic);
    if (!this.#all.some((known) => formatDiagnostic(known) === text)) {
      this.#all.push(diagnostic);
    }
  }

  /**
   * @param starts whether something may be started: if not, mistakes that a service's user
   * may have caused don't count
   * @throws {ZddError} with exit status 2 and all mistakes.
   */
  throwIfAny(starts = true): void {
    const all = this.#all.filter(({ others }) => starts || !others);
    if (all.length === 0) return;
    const files = [...new Set(all.map((diagnostic) => diagnostic.file))];
    const lines = files.flatMap((file) =>
      all.filter((diagnostic) => diagnostic.file === file)
        .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
        .map(formatDiagnostic)
    );
    const count = lines.length === 1
      ? "one mistake"
      : `${lines.length} mistakes`;
    throw new ZddError(lines.join("\n"), {
      hint: `${count}, nothing was run`,
      exitStatus: ExitStatus.usage,
    });
  }
}

/** `deploy.conf:7: unknown key "strat"; did you mean "start"?` */
export function formatDiagnostic(
  { file, line, message, hint }: Diagnostic,
): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${message}${hint === undefined ? "" : `; ${hint}`}`;
}
