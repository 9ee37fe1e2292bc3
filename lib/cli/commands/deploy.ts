import { formatDuration } from "../../config/duration.ts";
import { deploy } from "../../deploy/deploy.ts";
import { readProject } from "../../deploy/project.ts";
import { ExitStatus } from "../../error.ts";
import type { Command } from "../command.ts";
import { interruptible } from "../interrupt.ts";
import { printJson, printMessage } from "../output.ts";
import { lineProgress } from "../progress.ts";

export const deployCommand: Command = {
  name: "deploy",
  summary: "put a new instance of every service live (the default)",

  async run(options) {
    const project = readProject(options.conf);
    const report = lineProgress(options);
    const result = await interruptible((signal) =>
      deploy(project, { report, signal })
    );
    if (options.json) printJson(result);
    if (!options.quiet) {
      printMessage(`deployed in ${formatDuration(result.ms)}`);
    }
    return ExitStatus.done;
  },
};
