import { parseArgs } from "@std/cli/parse-args";
import type { ZddError } from "../error.ts";
import {
  type Command,
  type GlobalOptions,
  type Input,
  type Option,
  visibleCommands,
} from "./command.ts";
import { GLOBAL_OPTIONS } from "./options.ts";
import { COLOR_WHEN, type ColorWhen } from "./style.ts";
import { unknown, usage } from "./usage.ts";

/** The command if the command line names none. */
export const DEFAULT_COMMAND = "deploy";

/** The default for `--conf`. */
export const DEFAULT_CONF = "deploy.conf";

/** A parsed command line. */
export interface Arguments {
  command: Command;
  /** Whether the command line names the command, or it is the default. */
  isNamed: boolean;
  input: Input;
  options: GlobalOptions;
  help: boolean;
  version: boolean;
}

/** @throws {ZddError} with exit status 2 and what was probably meant, if an argument is wrong. */
export function readArguments(
  commands: readonly Command[],
  args: string[],
): Arguments {
  // The options depend on the command, which may come after some of them.
  const { words: [name] } = parseLeniently(commands, args);
  const command = findCommand(commands, name ?? DEFAULT_COMMAND);
  const { words, rest, values, flags } = parse(
    args,
    [...GLOBAL_OPTIONS, ...command.options ?? []],
    (written) => unknownOption(commands, command, written),
  );
  const { conf = [], color: [color = "auto"] = [], ...own } = values;
  if (conf.length > 1 || conf.includes("")) {
    throw usage("--conf takes the path of one deploy.conf");
  }
  for (const [option, given] of Object.entries(own)) {
    if (given.includes("")) throw usage(`--${option} takes a value`);
  }
  const has = (flag: string) => flags.includes(flag);
  return {
    command,
    isNamed: name !== undefined,
    input: {
      words: words.slice(1),
      rest,
      values: own,
      flags: flags.filter((flag) =>
        !GLOBAL_OPTIONS.some(({ name }) => name === flag)
      ),
    },
    options: {
      conf: conf[0] ?? DEFAULT_CONF,
      verbose: has("verbose"),
      quiet: has("quiet"),
      json: has("json"),
      color: readColor(color),
    },
    help: has("help"),
    version: has("version"),
  };
}

/** @throws {ZddError} if a command doesn't take these arguments. */
export function requireWords(
  { name, words = [], rest }: Command,
  input: Input,
): void {
  const least = words.filter((word) => !word.startsWith("[")).length;
  const { length } = input.words;
  if (length < least || length > words.length) {
    if (rest !== undefined && words.length === 0) {
      const command = [...input.words, ...input.rest].join(" ");
      throw usage(
        `${name} takes its command after "--"`,
        `zddeploy ${name} -- ${command}`,
      );
    }
    const expected = words.length === 0 ? "no argument" : words.join(" ");
    const got = length === 0 ? "none" : `"${input.words.join(" ")}"`;
    throw usage(
      `${name} takes ${expected}, got ${got}`,
      `zddeploy help ${name} shows how to use it`,
    );
  }
  if (rest === undefined && input.rest.length > 0) {
    throw usage(`${name} takes nothing after "--"`);
  }
}

/** The command with a name. @throws {ZddError} with the nearest name, if there is none. */
export function findCommand(
  commands: readonly Command[],
  name: string,
): Command {
  const command = commands.find((command) => command.name === name);
  if (command !== undefined) return command;
  throw unknown(
    "command",
    name,
    visibleCommands(commands).map(({ name }) => name),
  );
}

/**
 * The options that say how to print a failure, as far as they can be read from a command
 * line that may be wrong.
 */
export function readFailureOptions(
  commands: readonly Command[],
  args: readonly string[],
): Pick<GlobalOptions, "json" | "verbose" | "color"> {
  const { flags, values } = parseLeniently(commands, args);
  const given = values.color?.at(-1);
  return {
    json: flags.includes("json"),
    verbose: flags.includes("verbose"),
    color: COLOR_WHEN.find((when) => when === given) ?? "auto",
  };
}

/** Parses a command line that may be wrong: options that no command has are ignored. */
export function parseLeniently(
  commands: readonly Command[],
  args: readonly string[],
): Parsed {
  return parse(args, [
    ...GLOBAL_OPTIONS,
    ...commands.flatMap(({ options = [] }) => options),
  ]);
}

function unknownOption(
  commands: readonly Command[],
  command: Command,
  written: string,
): ZddError {
  const own = command.options ?? [];
  const known = [...own, ...GLOBAL_OPTIONS].map(({ name }) => `--${name}`);
  const elsewhere = commands.some(({ options = [] }) =>
    options.some(({ name, short }) =>
      written === `--${name}` || written === `-${short}`
    )
  );
  if (/^-\d/.test(written)) {
    return usage(
      `There is no option "${written}"`,
      'a value that begins with "-" needs an equal sign, such as --since=-1h',
    );
  }
  if (!elsewhere) return unknown("option", written, known);
  return usage(
    `${command.name} has no option "${written}"`,
    own.length === 0 ? undefined : `its options are ${known.join(", ")}`,
  );
}

/** The parts of a command line. */
export interface Parsed {
  /** The command and the words after it. */
  words: string[];
  /** What comes after `--`. */
  rest: string[];
  values: Record<string, string[]>;
  /** The options without a value. */
  flags: string[];
}

/** @param refuse makes the error for an unknown option; undefined: unknown options are ignored */
function parse(
  args: readonly string[],
  options: readonly Option[],
  refuse?: (written: string) => ZddError,
): Parsed {
  const valued = options.filter(({ value }) => value !== undefined)
    .map(({ name }) => name);
  const unvalued = options.map(({ name }) => name)
    .filter((name) => !valued.includes(name));
  const parsed = parseArgs([...args], {
    string: valued,
    collect: valued,
    boolean: unvalued,
    alias: Object.fromEntries(
      options.flatMap(({ name, short }) =>
        short === undefined ? [] : [[short, name]]
      ),
    ),
    "--": true,
    // False drops the option; "--_" would replace the words.
    unknown: (written, key) => {
      if (key === undefined) return true;
      if (refuse === undefined) return false;
      throw refuse(written.replace(/=.*$/s, ""));
    },
  });
  const values: Parsed["values"] = {};
  for (const name of valued) {
    const given = parsed[name];
    if (Array.isArray(given) && given.length > 0) {
      values[name] = given.map(String);
    }
  }
  return {
    words: parsed._.map(String),
    rest: parsed["--"] ?? [],
    values,
    flags: unvalued.filter((name) => parsed[name] === true),
  };
}

function readColor(written: string): ColorWhen {
  const color = COLOR_WHEN.find((when) => when === written);
  if (color !== undefined) return color;
  throw usage(`Expected always, never or auto for --color, got "${written}"`);
}
