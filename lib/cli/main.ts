import { parseArgs } from "@std/cli/parse-args";
import denoJson from "../../deno.json" with { type: "json" };
import { nearest } from "../config/suggestion.ts";
import { ExitStatus, ZddError } from "../error.ts";
import type { Command, GlobalOptions, Input } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import {
  failureJson,
  formatFailure,
  printJson,
  printMessage,
  printResult,
} from "./output.ts";

const FLAGS = ["verbose", "quiet", "json", "help", "version"] as const;

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
  const { words, values, flags, options, help, version } = readArguments(args);
  if (version) {
    printResult(`zddeploy ${denoJson.version}`);
    return ExitStatus.done;
  }
  const [name = "deploy", ...rest] = words;
  const input = { words: rest, values, flags };
  const command = findCommand(name);
  if (!help) requireFitting(command, input);
  const { run } = await (help ? findCommand("help") : command).load();
  return await run(options, input);
}

function findCommand(name: string): Command {
  const command = COMMANDS.find((command) => command.name === name);
  if (command !== undefined) return command;
  throw usage("command", name, COMMANDS.map((command) => command.name));
}

/** @throws {ZddError} if a command doesn't take these words or options. */
function requireFitting(
  { name, words = [], options = [] }: Command,
  input: Input,
): void {
  const expected = words.length === 0 ? "no argument" : words.join(" ");
  if (input.words.length !== words.length) {
    const got = input.words.length === 0
      ? "none"
      : `"${input.words.join(" ")}"`;
    throw new ZddError(`${name} takes ${expected}, got ${got}`, {
      exitStatus: ExitStatus.usage,
    });
  }
  for (const option of [...Object.keys(input.values), ...input.flags]) {
    if (!options.some(({ name }) => name === option)) {
      throw new ZddError(`${name} has no option "--${option}"`, {
        exitStatus: ExitStatus.usage,
      });
    }
    if (input.values[option]?.includes("")) {
      throw new ZddError(`--${option} takes a value`, {
        exitStatus: ExitStatus.usage,
      });
    }
  }
}

interface Arguments extends Input {
  options: GlobalOptions;
  help: boolean;
  version: boolean;
}

function readArguments(args: string[]): Arguments {
  const parsed = parseArgs(args, {
    string: ["conf", ...VALUED],
    collect: VALUED,
    boolean: [...FLAGS, ...UNVALUED],
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
  const values: Input["values"] = {};
  for (const name of VALUED) {
    const given = parsed[name];
    if (Array.isArray(given) && given.length > 0) {
      values[name] = given.map(String);
    }
  }
  return {
    words: parsed._.map(String),
    values,
    flags: UNVALUED.filter((name) => parsed[name] === true),
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

const COMMAND_OPTIONS = COMMANDS.flatMap(({ options = [] }) => options);
/** The options of single commands that take a value, and those that don't. */
const [VALUED, UNVALUED] = [true, false].map((valued) => [
  ...new Set(
    COMMAND_OPTIONS.filter(({ value }) => (value !== undefined) === valued)
      .map(({ name }) => name),
  ),
]) as [string[], string[]];

const OPTIONS = ["conf", ...FLAGS, ...VALUED, ...UNVALUED]
  .map((name) => `--${name}`);

function usage(what: string, written: string, known: string[]): ZddError {
  const near = nearest(written, known);
  return new ZddError(`There is no ${what} "${written}"`, {
    hint: near === undefined
      ? `the ${what}s are ${known.join(", ")}`
      : `did you mean "${near}"?`,
    exitStatus: ExitStatus.usage,
  });
}
