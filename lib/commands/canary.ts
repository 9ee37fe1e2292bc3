import type { Command } from "../cli/command.ts";
import { readPercent } from "../cli/option_values.ts";
import { LOCK_WAIT } from "../cli/options.ts";

export const canary: Command = {
  name: "canary",
  words: ["PERCENT"],
  summary: "give the canary another share of the requests",
  options: [LOCK_WAIT],
  about: [
    "Changes the share of the requests that the canary gets: 0 to 100 " +
    "percent. `deploy --canary` starts a canary.",
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
