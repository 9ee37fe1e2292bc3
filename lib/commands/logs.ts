import type { Command } from "../cli/command.ts";
import { SERVICE } from "../cli/options.ts";
import { printJson, printResult } from "../cli/output.ts";
import { usage } from "../cli/usage.ts";
import { ExitStatus, messageOf, ZddError } from "../error.ts";
import type { LogFile } from "../system/log_file.ts";
import { sleep } from "../system/wait.ts";

export const logs: Command = {
  name: "logs",
  summary: "show the last lines of the services' logs",
  options: [
    SERVICE,
    {
      name: "lines",
      short: "n",
      value: "N",
      help: "how many (default: 20)",
    },
    { name: "follow", short: "f", help: "go on until interrupted" },
  ],
  about: [
    "Shows what instances have printed last. `--json` prints the names " +
    "of the files.",
  ],
  examples: ["zddeploy logs -f", "zddeploy logs --service web -n 100"],
  async run(options, { values, flags }) {
    const { service: names = [], lines: [lines = "20"] = [] } = values;
    if (!/^\d{1,6}$/.test(lines)) {
      throw usage(`Expected a number for --lines, got "${lines}"`);
    }
    const { chooseServices } = await import("../deploy/deploy.ts");
    const { readProject } = await import("../deploy/read.ts");
    const { numbersOf } = await import("../deploy/start.ts");
    const { planInstance } = await import("../instance/plan.ts");
    const { LogFile } = await import("../system/log_file.ts");
    const { exists } = await import("../system/files.ts");
    const { config } = readProject(options.conf);
    const files = chooseServices(config.services, names).flatMap((service) =>
      numbersOf(service).map((number) => planInstance(service, number).log)
    );
    if (options.json) {
      printJson({ logs: [...new Set(files)] });
      return ExitStatus.done;
    }
    const present = [...new Set(files)].filter(exists)
      .map((file) => new LogFile(file));
    if (present.length === 0) {
      throw new ZddError(`There is no log yet: ${files.join(", ")}`);
    }
    let shown = present.length > 1 ? undefined : present[0];
    const show = (log: LogFile, added: string[]): boolean => {
      const title = shown === log ? [] : [`==> ${log.path} <==`];
      if (added.length > 0) shown = log;
      return added.length === 0 || printResult([...title, ...added].join("\n"));
    };
    for (const log of present) show(log, lastLines(log, Number(lines)));
    if (!flags.includes("follow")) return ExitStatus.done;
    // Until it is interrupted, or whoever reads it is gone.
    while (present.every((log) => show(log, log.added()))) await sleep(LOOK);
    return ExitStatus.done;
  },
};

/** How often is looked for new lines, in ms. */
const LOOK = 200;

function lastLines(log: LogFile, count: number): string[] {
  try {
    return log.last(count);
  } catch (error) {
    const message = `Cannot read the log "${log.path}": ${messageOf(error)}`;
    throw new ZddError(message, { cause: error });
  }
}
