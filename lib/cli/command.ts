import type { ColorWhen } from "./style.ts";

/** The options that every command has. */
export interface GlobalOptions {
  /** The path of deploy.conf. */
  conf: string;
  /** Print the result as JSON. */
  json: boolean;
  /** Print details too. */
  verbose: boolean;
  /** Print warnings and failures only. */
  quiet: boolean;
  color: ColorWhen;
}

/** The command line without the global options. */
export interface Input {
  /** The words after the command's name. */
  words: string[];
  /** The words after `--`. */
  rest: string[];
  /** The values of the command's own options by name, one for each time an option is given. */
  values: Record<string, string[]>;
  /** The given options of the command that take no value. */
  flags: string[];
}

/** What a shell can complete a word to: a file, fixed words, or words from a function. */
export type Completion =
  | "file"
  | readonly string[]
  | ((known: Known) => readonly string[] | Promise<readonly string[]>);

/** What is known when a word is completed. */
export interface Known {
  /** The path of deploy.conf. */
  conf: string;
  /** The visible ones. */
  commands: readonly Command[];
}

/** An option of a command. */
export interface Option {
  name: string;
  /** One letter. */
  short?: string;
  /** The placeholder for its value in the help; undefined if it takes none. */
  value?: string;
  /** What the value can be. */
  complete?: Completion;
  help: string;
}

/** One command of zddeploy. */
export interface Command {
  name: string;
  /** The placeholders for its arguments in the help; optional ones in brackets. */
  words?: readonly string[];
  /** What the first of them can be. */
  complete?: Completion;
  /** The placeholder for the words after `--` in the help, if it takes any. */
  rest?: string;
  /** What it does, in one line of the help. */
  summary: string;
  /** Further paragraphs of the help; a function if they have to be loaded. */
  about: readonly string[] | (() => Promise<readonly string[]>);
  /** Command lines that show how it is used. */
  examples: readonly string[];
  options?: readonly Option[];
  /** It also works on macOS and Windows, where people write a deploy.conf. */
  anywhere?: true;
  /** Internal: left out of the help and of completion. */
  hidden?: true;
  /** Imports what it needs itself, so that each command starts quickly. */
  run: Run;
}

/**
 * What a command does. Returns the exit status; failures are thrown.
 *
 * @param commands all of them
 */
export type Run = (
  options: GlobalOptions,
  input: Input,
  commands: readonly Command[],
) => number | Promise<number>;

/** The commands that people use, in the order of the help. */
export function visibleCommands(commands: readonly Command[]): Command[] {
  return commands.filter(({ hidden }) => hidden !== true);
}
