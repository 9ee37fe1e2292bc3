import type { Command } from "../cli/command.ts";
import { SERVICE } from "../cli/options.ts";
import { printJson } from "../cli/output.ts";
import { usage } from "../cli/usage.ts";
import { ExitStatus, ZddError } from "../error.ts";

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
    "Shows what instances have printed last, with `tail`. `--json` prints the names " +
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
    const { isFile } = await import("../system/files.ts");
    const { config } = readProject(options.conf);
    const files = chooseServices(config.services, names).flatMap((service) =>
      numbersOf(service).map((number) => planInstance(service, number).log)
    );
    if (options.json) {
      printJson({ logs: [...new Set(files)] });
      return ExitStatus.done;
    }
    const present = [...new Set(files)].filter(isFile);
    if (present.length === 0) {
      throw new ZddError(`There is no log yet: ${files.join(", ")}`);
    }
    const follow = flags.includes("follow") ? ["-F"] : [];
    const { code } = await new Deno.Command("tail", {
      args: ["-n", lines, ...follow, "--", ...present],
      stdin: "null",
    }).spawn().status;
    return code;
  },
};
