import { nearest } from "../text/suggestion.ts";
import { ExitStatus, ZddError } from "../error.ts";
import { systemName } from "../system/platform.ts";
import { type Command, visibleCommands } from "./command.ts";

/** The error for a mistake in the command line. */
export function usage(message: string, hint?: string): ZddError {
  return new ZddError(message, { hint, exitStatus: ExitStatus.usage });
}

/** The error for an unknown name, with the nearest known one or all of them. */
export function unknown(
  what: string,
  written: string,
  known: readonly string[],
): ZddError {
  const near = nearest(written, known);
  return usage(
    `There is no ${what} "${written}"`,
    near === undefined
      ? `the ${what}s are ${known.join(", ")}`
      : `did you mean "${near}"?`,
  );
}

/** The error for a command that works only on Linux. */
export function needsLinux(
  name: string,
  commands: readonly Command[],
): ZddError {
  const here = visibleCommands(commands).filter(({ anywhere }) => anywhere)
    .map(({ name }) => name);
  return usage(
    `zddeploy ${name} needs Linux, and this is ${systemName()}`,
    `run it on the server, or in WSL or a virtual machine; ${
      all(here)
    } work here`,
  );
}

/** `a, b or c`. */
export function either(words: readonly string[]): string {
  return listed(words, "or");
}

/** `a, b and c`. */
export function all(words: readonly string[]): string {
  return listed(words, "and");
}

function listed(words: readonly string[], before: string): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} ${before} ${words.at(-1)}`;
}
