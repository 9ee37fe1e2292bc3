import type { Command } from "../cli/command.ts";
import { readPercent } from "../cli/option_values.ts";
import { LOCK_WAIT } from "../cli/options.ts";

export const canary: Command = {
  name: "canary",
  words: ["PERCENT"],
  summary: "give the canary another share of the requests",
  options: [LOCK_WAIT],
  about: [
    "Gives the canary, which `deploy --canary` has started, another share of the " +
    "requests: 0 to 100 percent.",
  ],
  examples: ["zddeploy canary 50"],
  async run(options, input) {
    const percent = readPercent(input.words[0] ?? "");
    const { runChange, shareCanary } = await import("./changing.ts");
    return await runChange(
      options,
      input,
      "switched",
      (project, how) => shareCanary(project, percent, how),
    );
  },
};
