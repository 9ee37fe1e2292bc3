import type { ProgressOptions } from "./progress.ts";

/** The options that every command has. */
export interface GlobalOptions extends ProgressOptions {
  /** The path of deploy.conf. */
  conf: string;
  json: boolean;
}

/** One command of zddeploy. */
export interface Command {
  name: string;
  /** What it does, in one line of the help. */
  summary: string;
  /** Returns the exit status. Failures are thrown. */
  run(options: GlobalOptions): number | Promise<number>;
}
