import type { ProgressOptions } from "./progress.ts";

/** The options that every command has. */
export interface GlobalOptions extends ProgressOptions {
  /** The path of deploy.conf. */
  conf: string;
  json: boolean;
}

/** What the command line says beyond the global options. */
export interface Input {
  /** The words behind the command's name. */
  words: string[];
  /** The values of the command's own options, by their names; once each time it is given. */
  values: Record<string, string[]>;
  /** Those of its own options that take no value and are given. */
  flags: string[];
}

/** An option that only some commands have. */
export interface CommandOption {
  name: string;
  /** What stands for its value in the help; undefined if it takes none. */
  value?: string;
  help: string;
}

/** One command of zddeploy. */
export interface Command {
  name: string;
  /** What stands for its arguments in the help, as many as it takes. */
  words?: string[];
  /** What it does, in one line of the help. */
  summary: string;
  options?: CommandOption[];
  load(): Promise<{ run: Run }>;
}

/** What a command does. Returns the exit status; failures are thrown. */
export type Run = (
  options: GlobalOptions,
  input: Input,
) => number | Promise<number>;
