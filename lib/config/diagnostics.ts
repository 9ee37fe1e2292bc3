import { ExitStatus, ZddError } from "../error.ts";

export interface Mistake {
  file: string;
  /** From 1; undefined if it is about the whole file. */
  line?: number;
  message: string;
  hint?: string;
}

/** Collects what is wrong, so that a user sees all of it at once. */
export class Mistakes {
  readonly #all: Mistake[] = [];

  /** Adds a mistake; one that is known already, as every section meets those of [DEFAULT], only once. */
  add(mistake: Mistake): void {
    const text = formatMistake(mistake);
    if (!this.#all.some((known) => formatMistake(known) === text)) {
      this.#all.push(mistake);
    }
  }

  /** @throws {ZddError} with exit status 2 that names every mistake. */
  throwIfAny(): void {
    if (this.#all.length === 0) return;
    const files = [...new Set(this.#all.map((mistake) => mistake.file))];
    const lines = files.flatMap((file) =>
      this.#all.filter((mistake) => mistake.file === file)
        .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
        .map(formatMistake)
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
export function formatMistake({ file, line, message, hint }: Mistake): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${message}${hint === undefined ? "" : `; ${hint}`}`;
}
