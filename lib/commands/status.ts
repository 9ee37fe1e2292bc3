import type { Command } from "../cli/command.ts";
import { readSeconds } from "../cli/option_values.ts";
import { printJson, printResult, toJson } from "../cli/output.ts";
import { styleOf } from "../cli/style.ts";
import { screenSize } from "../cli/terminal.ts";
import { usage } from "../cli/usage.ts";
import type { Status } from "../deploy/look/status.ts";
import { ExitStatus } from "../error.ts";

export const status: Command = {
  name: "status",
  summary: "show what runs; exit status 1 if something that should doesn't",
  options: [
    { name: "watch", short: "w", help: "repeat it until interrupted" },
    {
      name: "interval",
      short: "n",
      value: "SECONDS",
      help: "how often, with --watch (default: 1)",
    },
  ],
  about: [
    "Shows each instance with its role, pid, address, release, uptime, " +
    "memory and open connections, and nginx with the number of its workers, old " +
    "ones that still finish requests, and when it was started or reloaded. " +
    "`--verbose` adds the logs.",
    "An instance is `serving`, a `canary` with its share, a `standby` for a " +
    "rollback, `stopping`, or `dead`.",
    "`--watch` shows it again and again until it is interrupted; with `--json`, one " +
    "document a line.",
  ],
  examples: [
    "zddeploy status -v",
    "zddeploy status --watch -n 5",
    "zddeploy status -q || mail -s 'app is down' root </dev/null",
  ],
  async run(options, { values, flags }) {
    const interval = readSeconds("interval", values.interval?.at(-1));
    const isWatching = flags.includes("watch");
    if (interval !== undefined && !isWatching) {
      throw usage("--interval needs --watch");
    }
    const { formatStatus, readProject, status, watch } = await import(
      "./looking.ts"
    );
    const format = (found: Status) =>
      formatStatus(found, {
        verbose: options.verbose,
        style: styleOf(Deno.stdout, options.color),
        now: Date.now(),
        width: Deno.stdout.isTerminal() ? screenSize().columns : undefined,
      });
    const look = () => status(readProject(options.conf, { starts: false }));
    if (!isWatching) {
      const found = look();
      if (options.json) printJson(found);
      else if (!options.quiet) printResult(format(found));
      return found.ok ? ExitStatus.done : ExitStatus.failed;
    }
    let last: Status | undefined;
    await watch(() => {
      last = look();
      return options.json ? toJson(last) : format(last);
    }, interval ?? 1000);
    return last?.ok ? ExitStatus.done : ExitStatus.failed;
  },
};
