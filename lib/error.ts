/** The exit statuses of zddeploy, for the shell, cron and Ansible. */
export const ExitStatus = {
  /** Done, whether something changed or not. */
  done: 0,
  /** Failed; what served before keeps serving. */
  failed: 1,
  /** The command line, deploy.conf or the template is wrong; nothing was run. */
  usage: 2,
  /** Another deploy of the same deploy.conf is running. */
  locked: 3,
  /** Nothing serves, or it is unknown what does: a person must check. */
  broken: 4,
} as const;

export interface ErrorDetails {
  /** What to do next, in one sentence. */
  hint?: string;
  /** Lines quoted from a server's log or the output of nginx. */
  quote?: string[];
  /** Where `quote` comes from: a file, a command. */
  source?: string;
  exitStatus?: number;
  cause?: unknown;
}

/** A failure that a user can act on: printed without its stack. */
export class ZddError extends Error {
  override name = "ZddError";
  readonly hint?: string;
  readonly quote: string[];
  readonly source?: string;
  readonly exitStatus: number;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.hint = details.hint;
    this.quote = details.quote ?? [];
    this.source = details.source;
    this.exitStatus = details.exitStatus ?? ExitStatus.failed;
  }
}

/** The message of whatever was thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The message of a failed file operation, without the system call and the path that Deno
 * appends, `: readfile '/path'`. For messages that already name the file.
 */
export function reasonOf(error: unknown): string {
  return messageOf(error).replace(/( \(os error \d+\)): \w+ '.*'$/s, "$1");
}

/** What a failure quotes, and from where, for another failure that it causes. */
export function wordsOf(
  error: unknown,
): Pick<ErrorDetails, "quote" | "source"> {
  if (!(error instanceof ZddError)) return {};
  const { quote, source } = error;
  return { quote, source };
}
