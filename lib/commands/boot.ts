import type { Command } from "../cli/command.ts";
import { printJson, printMessage } from "../cli/output.ts";
import { styleOf } from "../cli/style.ts";
import { unknown } from "../cli/usage.ts";
import { ExitStatus } from "../error.ts";

const ACTIONS = ["enable", "disable", "status"] as const;

export const boot: Command = {
  name: "boot",
  words: ["ACTION"],
  complete: ACTIONS,
  summary: "start everything at boot, by systemd: enable, disable, status",
  about: [
    "`enable` writes and enables a systemd unit that runs `zddeploy start` at " +
    "every boot, when the network is up; `disable` removes it. Neither " +
    "touches what runs. An ordinary user gets a user unit, which needs `loginctl enable-linger`.",
    "`status` says whether a reboot would bring everything back and, if not, " +
    "why. Then the exit status is 1.",
  ],
  examples: ["zddeploy boot enable", "zddeploy boot status --json"],
  async run(options, { words: [word = ""] }) {
    const action = ACTIONS.find((action) => action === word);
    if (action === undefined) throw unknown("action", word, ACTIONS);
    const { bootStatus, disableBoot, enableBoot, readProject } = await import(
      "./examining.ts"
    );
    const { config } = readProject(options.conf);
    if (action === "status") {
      const status = await bootStatus(config);
      if (options.json) printJson(status);
      else if (!options.quiet) {
        const { yellow } = styleOf(Deno.stderr, options.color);
        for (const problem of status.problems) {
          printMessage(`${yellow("problem:")} ${problem}`);
        }
        printMessage(
          status.ok
            ? `a reboot brings everything back, by ${status.unit}`
            : "a reboot doesn't bring everything back",
        );
      }
      return status.ok ? ExitStatus.done : ExitStatus.failed;
    }
    const { changed, unit } = action === "enable"
      ? await enableBoot(config)
      : await disableBoot(config);
    if (options.json) printJson({ changed, unit });
    else if (!options.quiet) {
      printMessage(`${changed ? action : `already ${action}`}d: ${unit}`);
    }
    return ExitStatus.done;
  },
};
