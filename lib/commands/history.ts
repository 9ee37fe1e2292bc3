import type { Command } from "../cli/command.ts";
import { printJson, printResult } from "../cli/output.ts";
import { ExitStatus } from "../error.ts";

/** How many entries are shown. */
const COUNT = 20;

export const history: Command = {
  name: "history",
  summary: "show the last deploys and their results",
  about: [
    "Shows the last twenty deploys, rollbacks and so on, the newest last: how each ended, how long it took, and which pids served " +
    "after it. `--json` also says who ran it, according to `SUDO_USER` or `LOGNAME`.",
  ],
  examples: ["zddeploy history --json"],
  async run(options) {
    const { StateDir, formatHistory, readHistory, readProject } = await import(
      "./looking.ts"
    );
    const { config } = readProject(options.conf, { starts: false });
    const entries = readHistory(new StateDir(config.stateDir), COUNT);
    if (options.json) printJson(entries);
    else printResult(formatHistory(entries));
    return ExitStatus.done;
  },
};
