import { parseArgs } from "@std/cli/parse-args";
import denoJson from "../../deno.json" with { type: "json" };
import { nearest } from "../config/suggestion.ts";
import { ExitStatus, ZddError } from "../error.ts";
import type { Command, GlobalOptions } from "./command.ts";
import { checkCommand } from "./commands/check.ts";
import { deployCommand } from "./commands/deploy.ts";
import { helpCommand } from "./commands/help.ts";
import { renderCommand } from "./commands/render.ts";
import { statusCommand } from "./commands/status.ts";
import {
  failureJson,
  formatFailure,
  printJson,
  printMessage,
  printResult,
} from "./output.ts";

const FLAGS = ["verbose", "quiet", "json", "help", "version"] as const;

const COMMANDS: Command[] = [
  deployCommand,
  statusCommand,
  checkCommand,
  renderCommand,
  helpCommand(() => COMMANDS),
];

/** Runs zddeploy with the arguments of its command line. Returns the exit status. */
export async function main(args: string[]): Promise<number> {
  // Known before the command line is understood, for it may be what is wrong.
  const json = args.includes("--json");
  const verbose = args.includes("--verbose") || args.includes("-v");
  try {
    return await dispatch(args);
  } catch (error) {
    const exitStatus = error instanceof ZddError
      ? error.exitStatus
      : ExitStatus.failed;
    printMessage(formatFailure(error, verbose));
    if (json) printJson(failureJson(error, exitStatus));
    return exitStatus;
  }
}

async function dispatch(args: string[]): Promise<number> {
  const { words, options, help, version } = readArguments(args);
  if (version) {
    printResult(`zddeploy ${denoJson.version}`);
    return ExitStatus.done;
  }
  const [name = "deploy", ...rest] = words;
  const command = COMMANDS.find((command) => command.name === name);
  if (command === undefined) {
    throw usage("command", name, COMMANDS.map((command) => command.name));
  }
  if (rest[0] !== undefined && !help) {
    throw new ZddError(`${name} takes no argument, got "${rest[0]}"`, {
      exitStatus: ExitStatus.usage,
    });
  }
  const runs = help ? helpCommand(() => COMMANDS) : command;
  return await runs.run(options);
}

interface Arguments {
  words: string[];
  options: GlobalOptions;
  help: boolean;
  version: boolean;
}

function readArguments(args: string[]): Arguments {
  const parsed = parseArgs(args, {
    string: ["conf"],
    boolean: FLAGS,
    alias: { c: "conf", v: "verbose", q: "quiet", h: "help" },
    unknown: (arg, key) => {
      if (key !== undefined) throw usage("option", arg, OPTIONS);
      return true;
    },
  });
  const { conf } = parsed;
  if (conf === "" || Array.isArray(conf)) {
    throw new ZddError("--conf takes the path of one deploy.conf", {
      exitStatus: ExitStatus.usage,
    });
  }
  return {
    words: parsed._.map(String),
    options: {
      conf: typeof conf === "string" ? conf : "deploy.conf",
      verbose: parsed.verbose === true,
      quiet: parsed.quiet === true,
      json: parsed.json === true,
    },
    help: parsed.help === true,
    version: parsed.version === true,
  };
}

const OPTIONS = ["--conf", ...FLAGS.map((flag) => `--${flag}`)];

function usage(what: string, written: string, known: string[]): ZddError {
  const near = nearest(written, known);
  return new ZddError(`There is no ${what} "${written}"`, {
    hint: near === undefined
      ? `the ${what}s are ${known.join(", ")}`
      : `did you mean "${near}"?`,
    exitStatus: ExitStatus.usage,
  });
}
