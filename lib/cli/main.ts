import { ExitStatus } from "../error.ts";
import { IS_LINUX } from "../system/platform.ts";
import {
  readArguments,
  readFailureOptions,
  requireWords,
} from "./arguments.ts";
import type { Command } from "./command.ts";
import { exitStatusOf, failureJson, formatFailure } from "./failure.ts";
import { printJson, printMessage } from "./output.ts";
import { styleOf } from "./style.ts";

/** Runs one of the commands with the arguments of a command line. Returns the exit status. */
export async function main(
  commands: readonly Command[],
  args: string[],
): Promise<number> {
  try {
    return await dispatch(commands, args);
  } catch (error) {
    const { json, verbose, color } = readFailureOptions(commands, args);
    const style = styleOf(Deno.stderr, color);
    printMessage(formatFailure(error, { verbose, style }));
    if (json) printJson(failureJson(error));
    return exitStatusOf(error);
  }
}

async function dispatch(
  commands: readonly Command[],
  args: string[],
): Promise<number> {
  const { command, isNamed, input, options, help, version } = readArguments(
    commands,
    args,
  );
  if (version) {
    const { printVersion } = await import("./version.ts");
    printVersion(options);
    return ExitStatus.done;
  }
  if (help) {
    const { printHelp } = await import("./help/help.ts");
    // `zddeploy --help` is the overview, `zddeploy deploy --help` is for one command.
    await printHelp(commands, isNamed ? command.name : undefined, options);
    return ExitStatus.done;
  }
  requireWords(command, input);
  if (!IS_LINUX && command.anywhere !== true) {
    const { needsLinux } = await import("./usage.ts");
    throw needsLinux(command.name, commands);
  }
  return await command.run(options, input, commands);
}
