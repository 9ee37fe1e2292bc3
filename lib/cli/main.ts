import { ExitStatus } from "../error.ts";
import { readArguments, requireWords } from "./arguments.ts";
import { exitStatusOf, failureJson, formatFailure } from "./failure.ts";
import { printJson, printMessage } from "./output.ts";
import { COLOR_WHEN, styleOf } from "./style.ts";

/** Runs zddeploy with the arguments of its command line. Returns the exit status. */
export async function main(args: string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    // Looked for by hand, for the command line may be what is wrong.
    const verbose = args.includes("--verbose") || args.includes("-v");
    const color = COLOR_WHEN.find((when) => args.includes(`--color=${when}`));
    const style = styleOf(Deno.stderr, color ?? "auto");
    printMessage(formatFailure(error, { verbose, style }));
    if (args.includes("--json")) printJson(failureJson(error));
    return exitStatusOf(error);
  }
}

async function dispatch(args: string[]): Promise<number> {
  const { command, input, options, help, version } = readArguments(args);
  if (version) {
    const { printVersion } = await import("./version.ts");
    printVersion(options);
    return ExitStatus.done;
  }
  if (help) {
    const { printHelp } = await import("../commands/help.ts");
    // `zddeploy --help` is about all of it, `zddeploy deploy --help` about one command.
    printHelp(args.includes(command.name) ? command.name : undefined, options);
    return ExitStatus.done;
  }
  requireWords(command, input);
  const { run } = await command.load();
  return await run(options, input);
}
