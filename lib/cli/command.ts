import type { ColorWhen } from "./style.ts";

/** The options that every command has. */
export interface GlobalOptions {
  /** The path of deploy.conf. */
  conf: string;
  /** The result as JSON. */
  json: boolean;
  /** Details too. */
  verbose: boolean;
  /** Warnings and failures only. */
  quiet: boolean;
  color: ColorWhen;
}

/** What the command line says beyond the global options. */
export interface Input {
  /** The words after the command's name. */
  words: string[];
  /** The words after `--`. */
  rest: string[];
  /** The values of the command's own options, by their names; once each time it is given. */
  values: Record<string, string[]>;
  /** Those of its own options that take no value and are given. */
  flags: string[];
}

/** What a shell can complete a word to: a file, some words, or what depends on the case. */
export type Completion =
  | "file"
  | readonly string[]
  | ((known: Known) => readonly string[] | Promise<readonly string[]>);

/** What is known when a word is completed. */
export interface Known {
  /** The path of deploy.conf. */
  conf: string;
  /** Those that people use. */
  commands: readonly Command[];
}

/** An option, of every command or of some. */
export interface Option {
  name: string;
  /** One letter. */
  short?: string;
  /** What stands for its value in the help; undefined if it takes none. */
  value?: string;
  /** What the value can be. */
  complete?: Completion;
  help: string;
}

/** One command of zddeploy. */
export interface Command {
  name: string;
  /** What stands for its arguments in the help; in brackets what may be left out. */
  words?: readonly string[];
  /** What the first of them can be. */
  complete?: Completion;
  /** What stands in the help for the words after `--`, if it takes some. */
  rest?: string;
  /** What it does, in one line of the help. */
  summary: string;
  /** What there is to say beyond that, in paragraphs; it may have to be loaded. */
  about: readonly string[] | (() => Promise<readonly string[]>);
  /** Command lines that show how it is used. */
  examples: readonly string[];
  options?: readonly Option[];
  /** It works on macOS and Windows, too, where people write a deploy.conf. */
  anywhere?: true;
  /** Not for people: neither helped with nor completed. */
  hidden?: true;
  /** Loads what it needs by itself, so that each command starts quickly. */
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
