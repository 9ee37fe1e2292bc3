import type { Command } from "../cli/command.ts";
import { readCount } from "../cli/option_values.ts";
import { SERVICE } from "../cli/options.ts";
import { printJson } from "../cli/output.ts";
import { usage } from "../cli/usage.ts";
import { ExitStatus } from "../error.ts";

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
    {
      name: "since",
      value: "TIME",
      help: "no older lines, from systemd's journal (see journalctl)",
    },
  ],
  about: [
    "Shows the last output of the instances, without colors. `--json` prints " +
    "the names of the files, or the commands that print what isn't in one.",
  ],
  examples: [
    "zddeploy logs --since=-1h",
    "zddeploy logs -f",
    "zddeploy logs --service web -n 100",
  ],
  async run(options, { values, flags }) {
    const since = values.since?.at(-1);
    const lines = readCount("lines", values.lines?.at(-1) ?? "20");
    const {
      chooseServices,
      logsOf,
      nameOf,
      presentState,
      readProject,
      showLogs,
    } = await import("./looking.ts");
    const project = readProject(options.conf, { starts: false });
    const { services } = project.config;
    const chosen = chooseServices(services, values.service ?? []);
    const follow = flags.includes("follow");
    const logs = logsOf(chosen, presentState(project), follow);
    if (options.json) {
      printJson({ logs: logs.map(nameOf) });
      return ExitStatus.done;
    }
    if (since !== undefined && logs.some((log) => "file" in log)) {
      throw usage("--since needs logs in systemd's journal, not files");
    }
    return await showLogs(logs, { lines, follow, since });
  },
};
