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
  /** The words behind the command's name. */
  words: string[];
  /** The words behind `--`. */
  rest: string[];
  /** The values of the command's own options, by their names; once each time it is given. */
  values: Record<string, string[]>;
  /** Those of its own options that take no value and are given. */
  flags: string[];
}

/** What a shell can complete a word to. */
export type Completion = "file" | "service" | readonly string[];

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
  words?: string[];
  /** What the first of them can be. */
  complete?: readonly string[];
  /** What stands in the help for the words behind `--`, if it takes some. */
  rest?: string;
  /** What it does, in one line of the help. */
  summary: string;
  options?: Option[];
  load(): Promise<{ run: Run }>;
}

/** What a command does. Returns the exit status; failures are thrown. */
export type Run = (
  options: GlobalOptions,
  input: Input,
) => number | Promise<number>;
