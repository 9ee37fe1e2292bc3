import type { Command } from "../cli/command.ts";
import { readCount } from "../cli/option_values.ts";
import { SERVICE } from "../cli/options.ts";
import { printJson, printMessage, printResult } from "../cli/output.ts";
import { ExitStatus, messageOf, ZddError } from "../error.ts";
import type { LogFile } from "../system/log_file.ts";
import { sleep } from "../system/wait.ts";

/** How often new lines are looked for, in ms. */
const INTERVAL = 200;

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
    "Shows what instances have printed last, without its colors. `--json` prints " +
    "the names of the files.",
  ],
  examples: ["zddeploy logs -f", "zddeploy logs --service web -n 100"],
  async run(options, { values, flags }) {
    const lines = readCount("lines", values.lines?.at(-1) ?? "20");
    const { chooseServices } = await import("../config/choose.ts");
    const { readProject } = await import("../deploy/read.ts");
    const { logsOf } = await import("../state/logs.ts");
    const { readState } = await import("../state/state_file.ts");
    const { StateDir } = await import("../state/state_dir.ts");
    const { exists } = await import("../system/files.ts");
    const { LogFile } = await import("../system/log_file.ts");
    const { config } = readProject(options.conf);
    const services = chooseServices(config.services, values.service ?? []);
    const { state } = readState(new StateDir(config.stateDir));
    const paths = logsOf(services, state);
    if (options.json) {
      printJson({ logs: paths });
      return ExitStatus.done;
    }
    const present = paths.filter(exists).map((path) => new LogFile(path));
    if (present.length === 0) {
      throw new ZddError(`There is no log yet: ${paths.join(", ")}`);
    }
    return await show(present, lines, flags.includes("follow"));
  },
};

/** Returns the exit status: failed if one of them can't be read. */
async function show(
  logs: LogFile[],
  lines: number,
  isFollowed: boolean,
): Promise<number> {
  // Whose lines those above are; if there is one log only, everybody knows.
  let last = logs.length > 1 ? undefined : logs[0];
  const print = (log: LogFile, added: string[]): boolean => {
    if (added.length === 0) return true;
    const title = last === log ? [] : [`==> ${log.path} <==`];
    last = log;
    return printResult([...title, ...added].join("\n"));
  };
  const readable = logs.filter((log) => {
    try {
      print(log, log.last(lines));
      return true;
    } catch (error) {
      const why = messageOf(error);
      printMessage(`zddeploy: Cannot read the log "${log.path}": ${why}`);
      return false;
    }
  });
  // Until it is interrupted, or whoever reads it is gone.
  while (
    isFollowed && readable.length > 0 &&
    readable.every((log) => print(log, log.added()))
  ) await sleep(INTERVAL);
  return readable.length === logs.length ? ExitStatus.done : ExitStatus.failed;
}
