/** Which run it is: `ZDD_SEED` repeats one, `ZDD_CASES` says how many cases it has. */
export const seed = Number(
  Deno.env.get("ZDD_SEED") ?? Math.floor(Math.random() * 2 ** 32),
);

/** The number of cases, unless `ZDD_CASES` says another. */
export function casesOf(usual: number): number {
  return Number(Deno.env.get("ZDD_CASES") ?? usual);
}

/** Registers a fuzz test, whose name says how to repeat it. */
export function fuzz(
  name: string,
  cases: number,
  body: (mutator: Mutator, cases: number) => void | Promise<void>,
): void {
  const count = casesOf(cases);
  Deno.test(`${name} (ZDD_SEED=${seed} ZDD_CASES=${count})`, async () => {
    await body(new Mutator(seed), count);
  });
}

/** Characters that mean something to one of zdd's readers, to nginx, to a shell, or to nobody. */
const CHARACTERS =
  "abcZ019 \t\n\r\0:=;#%{}[]()<>$'\"\\/.,*-_+|&!?~@^`é\u{1F600}\u2028\uFEFF";
const NUMBERS = [
  ...["0", "-1", "1", "1e9", "99999999999999999999", "0x10", "NaN", "1.5"],
  ...["65535", "65536", "4194304", "4194305", "٣", "1_000", "Infinity"],
];

/** Makes nonsense of texts, in the same way for the same seed. */
export class Mutator {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to `end`, which isn't included. (Mulberry32.) */
  below(end: number): number {
    this.#state = this.#state + 0x6D2B79F5 >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return Math.floor(((t ^ t >>> 14) >>> 0) / 2 ** 32 * end);
  }

  pick<T>(items: ArrayLike<T>): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** Some characters. */
  noise(most = 8): string {
    const characters = [...CHARACTERS];
    return Array.from(
      { length: this.below(most + 1) },
      () => this.pick(characters),
    ).join("");
  }

  /** A text with one to four changes; now and then one that has nothing to do with it. */
  mutate(text: string, words: string[] = []): string {
    if (this.below(40) === 0) return this.noise(40);
    for (let left = 1 + this.below(4); left > 0; left--) {
      text = this.#change(text, words);
    }
    return text;
  }

  #change(text: string, words: string[]): string {
    const at = this.below(text.length + 1);
    const to = Math.min(text.length, at + this.below(12));
    const lines = text.split("\n");
    const line = this.below(lines.length);
    switch (this.below(9)) {
      case 0:
        return text.slice(0, at) + this.noise() + text.slice(at);
      case 1:
        return text.slice(0, at) + text.slice(to);
      case 2:
        return text.slice(0, at) + this.noise() + text.slice(to);
      case 3:
        return text.slice(0, at); // a disk was full
      case 4:
        return lines.toSpliced(line, 1).join("\n");
      case 5:
        return lines.toSpliced(line, 0, this.pick(lines)).join("\n");
      case 6:
        return text.slice(0, at) + text.slice(at).replace(
          /-?\d+/,
          this.pick(NUMBERS),
        );
      case 7:
        return words.length === 0
          ? text
          : text.slice(0, at) + this.pick(words) + text.slice(to);
      default:
        return text.slice(0, at) + this.pick(CHARACTERS).repeat(200) +
          text.slice(at);
    }
  }

  /** A JSON value with one to three of its parts replaced. */
  mutateJson(value: unknown): unknown {
    let changed: unknown = structuredClone(value);
    for (let left = 1 + this.below(3); left > 0; left--) {
      changed = this.#replacePart(changed);
    }
    return changed;
  }

  #replacePart(value: unknown): unknown {
    if (
      typeof value !== "object" || value === null || this.below(5) === 0
    ) return this.#value(value);
    if (Array.isArray(value)) {
      if (value.length === 0) return [this.#value(undefined)];
      const i = this.below(value.length);
      return this.below(4) === 0
        ? [...value, value[i]]
        : value.with(i, this.#replacePart(value[i]));
    }
    const entries = Object.entries(value);
    if (entries.length === 0) return { [this.noise()]: 1 };
    const i = this.below(entries.length);
    const [key, part] = entries[i] ?? ["", undefined];
    switch (this.below(5)) {
      case 0:
        return Object.fromEntries(entries.toSpliced(i, 1));
      case 1:
        return { ...value, [this.pick(["__proto__", "web", "", "x"])]: part };
      default:
        return { ...value, [key]: this.#replacePart(part) };
    }
  }

  #value(before: unknown): unknown {
    const { noise, pick } = {
      noise: this.noise(),
      pick: this.pick(NUMBERS),
    };
    const values: unknown[] = [
      ...[null, true, 0, -1, 1.5, 2 ** 53, "", noise, pick, Number(pick)],
      ...[[], {}, [before], { before }, "unix:/tmp/x", "127.0.0.1:1"],
      "../../../etc/passwd",
    ];
    return values[this.below(values.length)];
  }
}
