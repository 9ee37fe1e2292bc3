import type { Command } from "../command.ts";
import { GLOBAL_OPTIONS, optionTerm } from "../options.ts";
import { commandTerm } from "./command_help.ts";
import type { Block } from "./document.ts";
import { TOPICS } from "./topics.ts";
import { EXIT_STATUS } from "./topics/exit_status.ts";

export const INTRODUCTION =
  "zddeploy puts a new version of a web service live without failing a request: it " +
  "starts a new instance beside the old one, waits until it serves, points nginx at " +
  "it, lets the old one finish, and stops it.";

/** What `zddeploy help` prints. */
export function overview(commands: readonly Command[]): Block[] {
  return [
    { text: INTRODUCTION },
    { text: "usage: zddeploy [COMMAND] [OPTIONS]" },
    { heading: "commands" },
    {
      items: commands.map((command) =>
        [commandTerm(command), command.summary] as const
      ),
    },
    { heading: "options" },
    {
      items: GLOBAL_OPTIONS.map((option) =>
        [optionTerm(option), option.help] as const
      ),
    },
    { heading: "help" },
    {
      items: [
        ["help COMMAND", "what a command does, its options and examples"],
        ...Object.entries(TOPICS).map(([name, { summary }]) =>
          [`help ${name}`, summary] as const
        ),
      ],
    },
    { heading: "exit status" },
    { items: EXIT_STATUS },
  ];
}
