import type { Command } from "../cli/command.ts";
import { LOCK_WAIT } from "../cli/options.ts";

export const promote: Command = {
  name: "promote",
  summary: "give the canary all requests, and stop the old release",
  options: [LOCK_WAIT],
  about: [
    "Makes the canary the release that serves, and stops the one before it.",
  ],
  examples: ["zddeploy promote"],
  async run(options, input) {
    const { promote, runChange } = await import("./changing.ts");
    return await runChange(options, input, "promoted", promote);
  },
};
