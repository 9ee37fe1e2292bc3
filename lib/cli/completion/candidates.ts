import { DEFAULT_COMMAND, DEFAULT_CONF, parseLeniently } from "../arguments.ts";
import {
  type Command,
  type Completion,
  type Known,
  type Option,
  visibleCommands,
} from "../command.ts";
import { GLOBAL_OPTIONS } from "../options.ts";

/** A word that can be completed to, and its help. */
export interface Candidate {
  word: string;
  help?: string;
}

/**
 * What the last word of a command line can be completed to.
 *
 * @param words those after the name of the program; the last one may be incomplete
 */
export async function candidates(
  commands: readonly Command[],
  words: readonly string[],
): Promise<Candidate[] | "file"> {
  const before = withoutEqualSigns(words);
  const current = before.pop() ?? "";
  if (before.includes("--")) return [];
  const { words: [name, ...given], values } = parseLeniently(commands, before);
  const known: Known = {
    conf: values.conf?.at(-1) || DEFAULT_CONF,
    commands: visibleCommands(commands),
  };
  const command = known.commands.find((command) =>
    command.name === (name ?? DEFAULT_COMMAND)
  );
  if (command === undefined) return [];
  const options = [...command.options ?? [], ...GLOBAL_OPTIONS];

  const wanting = wantsValue(before.at(-1) ?? "", options);
  if (wanting !== undefined) {
    return await resolve(wanting.complete, known, current);
  }
  const [, assigned, start = ""] = /^--([^=]+)=(.*)$/s.exec(current) ?? [];
  if (assigned !== undefined) {
    const option = options.find(({ name }) => name === assigned);
    const found = await resolve(option?.complete, known, start);
    return found === "file" ? found : found.map(({ word }) => ({
      word: `--${assigned}=${word}`,
    }));
  }
  const optionWords = options.map(({ name, help }) => ({
    word: `--${name}`,
    help,
  }));
  if (current.startsWith("-")) return startingWith(optionWords, current);
  const found = name === undefined
    ? startingWith(
      known.commands.map(({ name, summary }) => ({
        word: name,
        help: summary,
      })),
      current,
    )
    : given.length === 0
    ? await resolve(command.complete, known, current)
    : [];
  // Nothing else can follow.
  return found.length === 0 && current === "" ? optionWords : found;
}

/** Undoes how bash splits words at equal signs: `--color=never` becomes three. */
function withoutEqualSigns(words: readonly string[]): string[] {
  const isSign = (i: number) =>
    words[i] === "=" && words[i - 1]?.startsWith("--") === true;
  const left = words.filter((_, i) => !isSign(i));
  return isSign(words.length - 1) ? [...left, ""] : left;
}

/** The option whose value comes after a word, as in `--conf FILE` and `-vc FILE`. */
function wantsValue(
  word: string,
  options: readonly Option[],
): Option | undefined {
  const long = /^--(.+)$/.exec(word)?.[1];
  const short = /^-\w*(\w)$/.exec(word)?.[1];
  return options.find((option) =>
    option.value !== undefined &&
    (long === undefined
      ? short !== undefined && option.short === short
      : option.name === long)
  );
}

async function resolve(
  completion: Completion | undefined,
  known: Known,
  start: string,
): Promise<Candidate[] | "file"> {
  if (completion === "file") return completion;
  const words = typeof completion === "function"
    ? await completion(known)
    : completion ?? [];
  return startingWith(words.map((word) => ({ word })), start);
}

function startingWith(candidates: Candidate[], start: string): Candidate[] {
  return candidates.filter(({ word }) => word.startsWith(start));
}
