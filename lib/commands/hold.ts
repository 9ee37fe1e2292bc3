import type { Command } from "../cli/command.ts";
import { ExitStatus } from "../error.ts";

/** Run by the process that holds requests during a pause, which can outlive zddeploy. */
export const hold: Command = {
  name: "__hold",
  hidden: true,
  summary: "hold requests",
  about: [],
  examples: [],
  async run() {
    const { runHold } = await import("../live/hold.ts");
    await runHold();
    Deno.exit(ExitStatus.done);
  },
};
