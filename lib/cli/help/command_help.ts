import type { Command } from "../command.ts";
import { GLOBAL_OPTIONS, optionTerm } from "../options.ts";
import type { Block } from "./document.ts";

/** `canary PERCENT`. */
export function commandTerm({ name, words = [] }: Command): string {
  return [name, ...words].join(" ");
}

/** `zddeploy init [KIND] [OPTIONS] [-- COMMAND…]`. */
export function usageOf(command: Command): string {
  const rest = command.rest?.replace(/^\[/, "[-- ");
  return ["zddeploy", commandTerm(command), "[OPTIONS]", rest]
    .filter((part) => part !== undefined).join(" ");
}

/** What a command does, with its own options and examples. */
export async function aboutCommand(command: Command): Promise<Block[]> {
  const { options = [], examples } = command;
  return [
    ...(await aboutOf(command)).map((text) => ({ text })),
    ...options.length === 0 ? [] : [{
      items: options.map((option) =>
        [optionTerm(option), option.help] as const
      ),
    }],
    ...examples.length === 0 ? [] : [{ code: examples.join("\n") }],
  ];
}

/** What `zddeploy help COMMAND` prints. */
export async function commandHelp(command: Command): Promise<Block[]> {
  const { options = [], examples } = command;
  return [
    { text: `usage: ${usageOf(command)}` },
    ...(await aboutOf(command)).map((text) => ({ text })),
    { heading: "options" },
    {
      items: [...options, ...GLOBAL_OPTIONS].map((option) =>
        [optionTerm(option), option.help] as const
      ),
    },
    ...examples.length === 0
      ? []
      : [{ heading: "examples" }, { code: examples.join("\n") }],
  ];
}

async function aboutOf({ about }: Command): Promise<readonly string[]> {
  return typeof about === "function" ? await about() : about;
}
