import { ExitStatus } from "../error.ts";
import type { Run } from "../cli/command.ts";
import { SHELLS } from "./commands.ts";
import { bashCompletion } from "../cli/completion/bash.ts";
import { fishCompletion } from "../cli/completion/fish.ts";
import { zshCompletion } from "../cli/completion/zsh.ts";
import { printResult } from "../cli/output.ts";
import { unknown } from "../cli/usage.ts";

const SCRIPTS: Record<typeof SHELLS[number], () => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const run: Run = (_options, { words: [name = ""] }) => {
  const shell = SHELLS.find((shell) => shell === name);
  if (shell === undefined) throw unknown("shell", name, SHELLS);
  printResult(SCRIPTS[shell]());
  return ExitStatus.done;
};
