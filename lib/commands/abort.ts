import type { Command } from "../cli/command.ts";
import { LOCK_WAIT } from "../cli/options.ts";

export const abort: Command = {
  name: "abort",
  summary: "take all requests from the canary, and stop it",
  options: [LOCK_WAIT],
  about: ["Ends the canary. The release beside it serves all requests again."],
  examples: ["zddeploy abort"],
  async run(options, input) {
    const { abort, runChange } = await import("./changing.ts");
    return await runChange(options, input, "aborted", abort);
  },
};
