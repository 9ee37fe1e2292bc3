/** The coverage of one source file, from `deno coverage --lcov`. */
export interface Covered {
  /** The path of the file, as in lcov's output. */
  file: string;
  lines: { found: number; hit: number };
  branches: { found: number; hit: number };
  /** The numbers of the lines that never ran, in order. */
  missed: number[];
}

/** Parses a tracefile (geninfo(1)): `SF`, `DA:LINE,COUNT`, `BRDA:…,TAKEN` and so on. */
export function readLcov(text: string): Covered[] {
  return text.split("end_of_record\n").slice(0, -1).map((record) => {
    const lines = { found: 0, hit: 0 };
    const branches = { found: 0, hit: 0 };
    const missed: number[] = [];
    for (const [, number, count] of record.matchAll(/^DA:(\d+),(\d+)$/gm)) {
      lines.found++;
      if (Number(count) > 0) lines.hit++;
      else missed.push(Number(number));
    }
    for (const [, taken] of record.matchAll(/^BRDA:.*,(\S+)$/gm)) {
      branches.found++;
      if (Number(taken) > 0) branches.hit++;
    }
    const file = /^SF:(.*)$/m.exec(record)?.[1] ?? "";
    return { file, lines, branches, missed };
  });
}

/** The total of several files, under its own name. */
export function total(file: string, parts: Covered[]): Covered {
  const all: Covered = {
    file,
    lines: { found: 0, hit: 0 },
    branches: { found: 0, hit: 0 },
    missed: [],
  };
  for (const { lines, branches } of parts) {
    all.lines.found += lines.found;
    all.lines.hit += lines.hit;
    all.branches.found += branches.found;
    all.branches.hit += branches.hit;
  }
  return all;
}

/** The part that ran, in percent; 100 if there is nothing. */
export function percent({ found, hit }: Covered["lines"]): number {
  return found === 0 ? 100 : 100 * hit / found;
}

/** Lines that never ran, and whether they handle a failure. */
export interface Gap {
  /** `12` or `12-15`. */
  lines: string;
  isFailurePath: boolean;
}

/** The gaps of a file. */
export function gapsOf({ missed }: Covered, source: string): Gap[] {
  const text = source.split("\n");
  const gaps: { first: number; last: number }[] = [];
  for (const line of missed) {
    const gap = gaps.at(-1);
    if (gap?.last === line - 1) gap.last = line;
    else gaps.push({ first: line, last: line });
  }
  return gaps.map(({ first, last }) => {
    // The line above often says when it would run: `} catch {`.
    const words = text.slice(Math.max(0, first - 2), last).join("\n");
    return {
      lines: first === last ? String(first) : `${first}-${last}`,
      isFailurePath: /\b(catch|throw|reject|Error|fail\w*|undo)\b/.test(words),
    };
  });
}
