import type { Command } from "../cli/command.ts";
import { printJson, printResult } from "../cli/output.ts";
import { styleOf } from "../cli/style.ts";
import { ExitStatus } from "../error.ts";

export const doctor: Command = {
  name: "doctor",
  summary: "check this host for what would get in the way of a deploy",
  about: [
    "Checks what a deploy depends on beyond deploy.conf: nginx's version, " +
    "modules and user, SELinux and AppArmor, whether services survive a " +
    "logout and a reboot, limits, the clock and the disk. It changes nothing. " +
    "Each warning says what to do.",
    "It also works without a deploy.conf, before `zddeploy init`. The exit " +
    "status is 1 if there is a problem that would make a deploy fail.",
  ],
  examples: ["zddeploy doctor", "zddeploy doctor --json"],
  async run(options) {
    const { doctor } = await import("./examining.ts");
    const findings = await doctor(options.conf);
    const isWell = !findings.some(({ level }) => level === "problem");
    const status = isWell ? ExitStatus.done : ExitStatus.failed;
    if (options.json) {
      printJson({ ok: isWell, findings });
      return status;
    }
    const { green, yellow, red } = styleOf(Deno.stdout, options.color);
    const marks = {
      ok: green("ok      "),
      warning: yellow("warning "),
      problem: red("problem "),
    };
    for (const { level, message, hint } of findings) {
      if (options.quiet && level === "ok") continue;
      printResult(`${marks[level]} ${message.replaceAll("\n", "\n         ")}`);
      if (hint !== undefined) printResult(`         ${hint}`);
    }
    return status;
  },
};
