import type { Command } from "../cli/command.ts";
import { readCount } from "../cli/option_values.ts";
import { LOCK_WAIT } from "../cli/options.ts";

export const prune: Command = {
  name: "prune",
  summary: "remove the images of old releases, and containers that have ended",
  options: [
    {
      name: "keep",
      value: "N",
      help: "how many releases keep their images (default: 5)",
    },
    LOCK_WAIT,
  ],
  about: [
    "Removes images whose name in deploy.conf has {release}, of releases that " +
    "`history` shows. Those of the last releases stay, and those that an instance " +
    "runs, a standby or a canary too. What zddeploy hasn't deployed is left alone.",
  ],
  examples: ["zddeploy prune", "zddeploy prune --keep 2"],
  async run(options, input) {
    const keep = readCount("keep", input.values.keep?.at(-1) ?? "5");
    const { prune, runChange } = await import("./changing.ts");
    return await runChange(
      options,
      input,
      "pruned",
      (project, how) => prune(project, { ...how, keep }),
      { starts: false },
    );
  },
};
