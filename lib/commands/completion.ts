import type { Command } from "../cli/command.ts";
import { scriptFor, SHELL_NAMES } from "../cli/completion/shells.ts";
import { printResult } from "../cli/output.ts";
import { either } from "../cli/usage.ts";
import { ExitStatus } from "../error.ts";

export const completion: Command = {
  name: "completion",
  anywhere: true,
  words: ["SHELL"],
  complete: SHELL_NAMES,
  summary: `print the completion script for ${either(SHELL_NAMES)}`,
  about: [
    `Prints a script for ${
      either(SHELL_NAMES)
    } that completes commands, options and ` +
    "their values, and the services of the deploy.conf in the directory.",
  ],
  examples: [
    "zddeploy completion bash > /etc/bash_completion.d/zddeploy",
    'zddeploy completion zsh > "${fpath[1]}/_zddeploy"',
    "zddeploy completion fish > ~/.config/fish/completions/zddeploy.fish",
  ],
  run(_options, { words: [name = ""] }) {
    printResult(scriptFor(name));
    return ExitStatus.done;
  },
};
