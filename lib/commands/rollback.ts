import type { Command } from "../cli/command.ts";
import { LOCK_WAIT } from "../cli/options.ts";

export const rollback: Command = {
  name: "rollback",
  summary: "put the standby instances back in service, at once",
  options: [LOCK_WAIT],
  about: [
    "Sends requests to the previous instances again. They still run if their " +
    "service has `standby: yes`. A second rollback goes forward again.",
  ],
  examples: ["zddeploy rollback"],
  async run(options, input) {
    const { rollback, runChange } = await import("./changing.ts");
    return await runChange(options, input, "rolled back", rollback);
  },
};
