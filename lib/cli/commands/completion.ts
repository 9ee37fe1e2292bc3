import { ExitStatus } from "../../error.ts";
import type { Run } from "../command.ts";
import { SHELLS } from "../commands.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { printResult } from "../output.ts";
import { unknown } from "../usage.ts";

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
