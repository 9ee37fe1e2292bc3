// Compares parse() and interpolate() with CPython's configparser on random files.
// ZDD_SEED=N repeats a run, ZDD_CASES=N sets how many files it has.

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import {
  type Ini,
  interpolate,
  parse,
  type Section,
} from "../../lib/ini/mod.ts";

/** What configparser_judge.py says about a file. */
type Verdict =
  | { refused_at: number; by: string }
  | { sections: [name: string, keys: JudgedKey[]][] };
type JudgedKey = [key: string, raw: string, value: JudgedValue];
type JudgedValue =
  | { value: string; used: string[] }
  | { refused: string; name?: string };

const seed = Number(
  Deno.env.get("ZDD_SEED") ?? Math.floor(Math.random() * 2 ** 32),
);
const cases = Number(Deno.env.get("ZDD_CASES") ?? 600);

Deno.test(`parse() and interpolate() agree with CPython's configparser (ZDD_SEED=${seed} ZDD_CASES=${cases})`, async () => {
  const generator = new Generator(seed);
  const texts = Array.from({ length: cases }, () => generator.file());
  const verdicts = await judge(texts);

  const difference = verdicts.findIndex((verdict, i) =>
    differs(texts[i] ?? "", verdict)
  );
  if (difference !== -1) {
    const text = await shrink(texts[difference] ?? "");
    const [verdict] = await judge([text]);
    assertEquals(
      ours(text),
      verdict,
      `Case ${difference}, shrunk: ${JSON.stringify(text)}`,
    );
  }
  for (const text of texts) assertLinesAreTrue(text, parse(text));
  assertHealthyMix(verdicts);
});

/** parse() and interpolate() in the words of the judge, but for the names of the refusals to read. */
function ours(text: string): Verdict {
  const { defaults, sections, problems } = parse(text);
  const [first] = problems;
  if (first) return { refused_at: first.line, by: first.message };
  return {
    sections: [...sections.values(), defaults].map((
      section,
    ) => [section.name, judgeKeys(section, defaults)]),
  };
}

function judgeKeys(section: Section, defaults: Section): JudgedKey[] {
  const entries = new Map(section.entries);
  for (const [key, entry] of defaults.entries) {
    if (!entries.has(key)) entries.set(key, entry);
  }
  return [...entries].map(([key, entry]) => [
    key,
    entry.value,
    judgeValue(section, defaults, key),
  ]);
}

function judgeValue(
  section: Section,
  defaults: Section,
  key: string,
): JudgedValue {
  const { value, used, problems: [first] } = interpolate(
    section,
    defaults,
    key,
  );
  if (value !== undefined) return { value, used: [...used].sort(byCodePoint) };
  switch (first?.kind) {
    case "missing":
      return { refused: "InterpolationMissingOptionError", name: first.name };
    case "syntax":
      return { refused: "InterpolationSyntaxError" };
    case "depth":
      return { refused: "InterpolationDepthError" };
    case undefined:
      return { refused: "without a problem" };
  }
}

function differs(text: string, verdict: Verdict): boolean {
  const own = ours(text);
  if ("refused_at" in verdict && "refused_at" in own) {
    return verdict.refused_at !== own.refused_at;
  }
  return JSON.stringify(verdict) !== JSON.stringify(own);
}

/** As Python sorts; no character here is beyond U+FFFF, where UTF-16 sorts differently. */
function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function judge(texts: string[]): Promise<Verdict[]> {
  const python = new Deno.Command("python3", {
    args: [fromFileUrl(new URL("configparser_judge.py", import.meta.url))],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = python.output();
  const stdin = python.stdin.getWriter();
  await stdin.write(new TextEncoder().encode(JSON.stringify(texts)));
  await stdin.close();
  const { code, stdout } = await output;
  assertEquals(code, 0, "The judge failed");
  const verdicts: Verdict[] = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(verdicts.length, texts.length);
  return verdicts;
}

/** Leaves out what the difference doesn't need: lines first, then characters. */
async function shrink(text: string): Promise<string> {
  for (const unit of [/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+/g, /[^]/g]) {
    for (;;) {
      const parts: string[] = text.match(unit) ?? [];
      const shorter = parts.map((_, i) => parts.toSpliced(i, 1).join(""));
      const verdicts = await judge(shorter);
      const next = shorter.find((text, i) => {
        const verdict = verdicts[i];
        return verdict !== undefined && differs(text, verdict);
      });
      if (next === undefined) break;
      text = next;
    }
  }
  return text;
}

/** The lines that CPython says nothing about. */
function assertLinesAreTrue(text: string, conf: Ini): void {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  const where = JSON.stringify(text);
  for (const section of [...conf.sections.values(), conf.defaults]) {
    if (section !== conf.defaults || section.entries.size > 0) {
      const heading = lines[section.line - 1] ?? "";
      assert(heading.includes("[" + section.name), `Section's line: ${where}`);
    }
    for (const entry of section.entries.values()) {
      const line = lines[entry.line - 1] ?? "";
      assert(line.toLowerCase().includes(entry.key), `Entry's line: ${where}`);
    }
  }
  conf.problems.forEach(({ line }, i) => {
    assert(line > (conf.problems[i - 1]?.line ?? 0), `Unordered: ${where}`);
    assert(line <= lines.length, `No such line: ${where}`);
  });
}

/** A comparison means something only if there is enough of everything to compare. */
function assertHealthyMix(verdicts: Verdict[]): void {
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const verdict of verdicts) {
    count("sections" in verdict ? "accepted" : "refused");
    if ("by" in verdict) count(verdict.by);
    else {
      for (const [, , value] of verdict.sections.flatMap(([, keys]) => keys)) {
        if ("refused" in value) count(value.refused);
        else if (value.used.length > 0) count("expanded");
      }
    }
  }
  const mix = JSON.stringify(Object.fromEntries(counts));
  const share = (what: string) => (counts.get(what) ?? 0) / verdicts.length;
  // Small runs may miss the rare ones by chance.
  if (verdicts.length < 500) return;
  assert(share("accepted") > 1 / 3, `Too few accepted: ${mix}`);
  assert(share("refused") > 1 / 5, `Too few refused: ${mix}`);
  for (
    const what of [
      "MissingSectionHeaderError",
      "ParsingError",
      "DuplicateSectionError",
      "DuplicateOptionError",
      "InterpolationMissingOptionError",
      "InterpolationSyntaxError",
      "InterpolationDepthError",
      "expanded",
    ]
  ) assert(counts.has(what), `No ${what}: ${mix}`);
}

/** Makes random files: the same ones for the same seed. */
class Generator {
  #state: number;
  /** The indentation of the section that is being written. */
  #indent = "";

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  file(): string {
    const lines = this.#sections();
    if (this.#oneIn(3)) {
      for (let i = this.#below(3); i >= 0; i--) this.#spoil(lines);
    }
    const newline = this.#pick("\n", "\n", "\n", "\r\n", "\r");
    let text = lines.join(newline);
    if (this.#oneIn(2)) text += newline;
    if (this.#oneIn(20)) text = "\ufeff" + text;
    if (this.#oneIn(4)) {
      for (let i = this.#below(4); i >= 0; i--) text = this.#mutate(text);
    }
    return text;
  }

  #sections(): string[] {
    const names = ["DEFAULT", "a", "A", "nginx", "service:web", "default"];
    const lines = this.#oneIn(30) ? [this.#entry("k")] : [];
    let name = this.#pick(...names);
    for (let i = this.#below(4); i >= 0; i--) {
      lines.push(...this.#filler());
      if (this.#oneIn(12)) this.#indent = this.#pick(" ", "  ", "\t", "   ");
      else this.#indent = "";
      lines.push(this.#indent + this.#heading(name));
      lines.push(...this.#oneIn(20) ? this.#chain() : this.#entries());
      // Most of the time a name that isn't in use yet.
      if (!this.#oneIn(6)) names.splice(names.indexOf(name), 1, "DEFAULT");
      name = this.#pick(...names);
    }
    return lines;
  }

  #heading(name: string): string {
    if (this.#oneIn(40)) name = this.#pick("a]b", "[a", " a ", "]", "ä\u2028ö");
    const end = this.#oneIn(12)
      ? this.#pick(" ", " # x", "; x", "x", " [b]", "]", " = 1", "\x1f")
      : "";
    return `[${name}]${end}`;
  }

  #entries(): string[] {
    const keys = ["a", "b", "c", "d", "dir", "start", "my key", "ς"];
    const lines: string[] = [];
    for (let i = this.#below(10); i > 0; i--) {
      const key = this.#pick(...keys);
      if (!this.#oneIn(60)) keys.splice(keys.indexOf(key), 1);
      lines.push(this.#indent + this.#entry(key), ...this.#continuation());
      if (this.#oneIn(4)) lines.push(...this.#filler());
    }
    return lines;
  }

  #entry(key: string): string {
    const blank = () => this.#pick("", "", " ", " ", "  ", "\t", this.#blank());
    return this.#anyCase(key) + blank() + this.#pick("=", ":") + blank() +
      this.#value() + (this.#oneIn(8) ? blank() : "");
  }

  /** References about as deep as they may be. */
  #chain(): string[] {
    const last = 7 + this.#below(5);
    const lines = [`${this.#indent}k${last} = ${this.#value()}`];
    for (let i = 0; i < last; i++) {
      lines.push(`${this.#indent}k${i} = ${this.#value()}%(k${i + 1})s`);
    }
    return lines;
  }

  #continuation(): string[] {
    const lines: string[] = [];
    while (this.#oneIn(4)) {
      if (this.#oneIn(3)) lines.push(...this.#filler());
      const deeper = this.#pick(" ", "  ", "    ", "\t", this.#blank());
      const text = this.#oneIn(4)
        ? this.#pick("[a]", "a = 1", ": 1", "[", "x # y", "=")
        : this.#value() || "x";
      lines.push(this.#indent + deeper + text);
    }
    return lines;
  }

  /** Lines that hold nothing: blank ones, comments. */
  #filler(): string[] {
    const lines: string[] = [];
    while (this.#oneIn(2)) {
      const indent = this.#pick("", "", " ", "    ", "\t", this.#blank());
      const comment = this.#pick("", "", "# x", ";", "#", "; a = 1", "#[a]");
      lines.push(indent + comment);
    }
    return lines;
  }

  #value(): string {
    let value = "";
    while (!this.#oneIn(3)) {
      value += this.#oneIn(5)
        ? this.#reference()
        : this.#pick("x", "/srv", "1", " ", "=", ":", "%%", "#", "; y", "é");
    }
    return value;
  }

  #reference(): string {
    if (this.#oneIn(12)) {
      return this.#pick("%", "%(a", "%()s", "%(a)", "%a", "%(a)d", "%%%", "% ");
    }
    const name = this.#oneIn(20)
      ? this.#pick("none", "[a", "a ", " a", "a\tb", "(", "s")
      : this.#pick("a", "b", "c", "d", "dir", "start", "my key", "Σ");
    return this.#oneIn(6) ? `%%(${name})s` : `%(${this.#anyCase(name)})s`;
  }

  #spoil(lines: string[]): void {
    const at = this.#below(lines.length + 1);
    const other = lines[this.#below(lines.length)] ?? "";
    const line = lines[at] ?? "";
    const broken = this.#pick(
      "x",
      "[]",
      "[a",
      ": x",
      "=",
      "[",
      "]",
      "%",
      "[b:",
    );
    switch (this.#below(7)) {
      case 0:
        lines.splice(at, 0, broken);
        break;
      case 1:
        lines.splice(at, 0, this.#pick(" ", "\t", this.#blank()) + broken);
        break;
      case 2:
        lines.splice(at, 0, other);
        break;
      case 3:
        lines.splice(at, 1);
        break;
      case 4:
        lines.splice(at, 1, line.replace(/^\s+/, ""));
        break;
      case 5:
        lines.splice(at, 1, this.#pick(" ", "  ", this.#blank()) + line);
        break;
      default:
        lines.splice(at, 1, line.replace(/[=:]/, ""));
    }
  }

  /** Removes, repeats or puts in one character. */
  #mutate(text: string): string {
    const at = this.#below(text.length + 1);
    const put = this.#pick(
      ...["", "", text[at] ?? "", "\n", "\r", " ", "\t", "[", "]", "=", ":"],
      ...["#", ";", "%", "%%", "(", ")", "s", "\0", "\ufeff", "\u200b", "İ"],
      this.#blank(),
    );
    return text.slice(0, at) + put + text.slice(at + this.#below(2));
  }

  /** What is blank to Python, to JavaScript or to both, or only looks so. */
  #blank(): string {
    return this.#pick(
      ..."\t\v\f\x1c\x1d\x1e\x1f\u0085\u00a0\u1680\u180e\u2000\u2003\u200a",
      ..."\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff",
    );
  }

  #anyCase(name: string): string {
    return this.#oneIn(5)
      ? name.toUpperCase()
      : this.#oneIn(5)
      ? name.slice(0, 1).toUpperCase() + name.slice(1)
      : name;
  }

  #oneIn(n: number): boolean {
    return this.#below(n) === 0;
  }

  #pick(...choices: string[]): string {
    return choices[this.#below(choices.length)] ?? "";
  }

  /** A whole number from 0 to n - 1 (mulberry32). */
  #below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * n);
  }
}
