import type { Command } from "../cli/command.ts";
import { ExitStatus } from "../error.ts";

/** The process that a pause starts: it outlives zddeploy if need be. */
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
