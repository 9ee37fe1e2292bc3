import type { Command } from "../cli/command.ts";
import { LOCK_WAIT } from "../cli/options.ts";

export const start: Command = {
  name: "start",
  summary: "start what should run but doesn't; for boot, cron, playbooks",
  options: [LOCK_WAIT],
  about: [
    "Starts nginx and the instances that should run and don't. Where `instances` is " +
    "more or less than before, more are started, or those that are too many are drained " +
    "and stopped. It doesn't touch what else runs. If nothing is missing, it does nothing, " +
    "so you can run it as often as you like.",
  ],
  examples: ["@reboot cd /srv/app && zddeploy start", "zddeploy start -q"],
  async run(options, input) {
    const { runChange, startMissing } = await import("./changing.ts");
    return await runChange(options, input, "started", startMissing);
  },
};
