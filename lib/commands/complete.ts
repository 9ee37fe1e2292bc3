import type { Command } from "../cli/command.ts";
import { printResult } from "../cli/output.ts";
import { ExitStatus } from "../error.ts";

/** Called by the scripts of `zddeploy completion`. */
export const complete: Command = {
  name: "__complete",
  anywhere: true,
  hidden: true,
  rest: "WORD…",
  summary: "print what the last word can be completed to, one per line",
  about: [],
  examples: [],
  async run(_options, { rest }, commands) {
    const { candidates } = await import("../cli/completion/candidates.ts");
    const found = await candidates(commands, rest);
    const lines = found === "file"
      ? [":file"]
      : found.map(({ word, help }) =>
        help === undefined ? word : `${word}\t${help}`
      );
    if (lines.length > 0) printResult(lines.join("\n"));
    return ExitStatus.done;
  },
};
