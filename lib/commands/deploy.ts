import type { Command, GlobalOptions } from "../cli/command.ts";
import { readPercent, readRelease } from "../cli/option_values.ts";
import { LOCK_WAIT, SERVICE } from "../cli/options.ts";
import { printJson, printResult } from "../cli/output.ts";
import type { ReleaseOptions } from "../deploy/change/release.ts";
import { ExitStatus } from "../error.ts";

export const deploy: Command = {
  name: "deploy",
  summary: "put new instances of all services live (the default)",
  options: [
    SERVICE,
    {
      name: "release",
      value: "ID",
      help:
        "what is deployed, such as v42; nothing is done if that serves already",
    },
    {
      name: "canary",
      value: "PERCENT",
      help: "give them a share of the requests, beside the current ones",
    },
    {
      name: "dry-run",
      help: "check everything and tell what would be done, but do nothing",
    },
    LOCK_WAIT,
  ],
  about: [
    "Starts a new instance of each service beside the old one, waits until it " +
    "accepts connections and is healthy, renders nginx.conf, switches, verifies, " +
    "waits until the last connection to the old instance has ended, and stops that. " +
    "If anything fails before the switch is verified, all of it is undone and what " +
    "served before keeps serving.",
    "With `--release`, a deploy does nothing if all instances already run that " +
    "release with the same settings, and nginx.conf would not change. A release's " +
    "name has letters, digits, dots, hyphens and underscores.",
    "With `--canary`, the new instances get a share of the requests, until " +
    "`promote` or `abort`; the template must use the live switch.",
  ],
  examples: [
    "zddeploy",
    "zddeploy deploy --release v42 --lock-wait 60",
    "zddeploy deploy --service web --canary 10",
    "zddeploy deploy --dry-run --json",
  ],
  async run(options, input) {
    const { service: services, canary, release } = input.values;
    const percent = canary?.at(-1);
    const name = release?.at(-1);
    const what = {
      services,
      canary: percent === undefined ? undefined : readPercent(percent),
      release: name === undefined ? undefined : readRelease(name),
    };
    if (input.flags.includes("dry-run")) return await showDryRun(options, what);
    const { deployRelease, runChange } = await import("./changing.ts");
    return await runChange(
      options,
      input,
      "deployed",
      (project, how) => deployRelease(project, { ...how, ...what }),
    );
  },
};

async function showDryRun(
  options: GlobalOptions,
  what: Pick<ReleaseOptions, "services" | "canary" | "release">,
): Promise<number> {
  const { dryRun, formatDryRun, readProject } = await import("./changing.ts");
  const result = await dryRun(readProject(options.conf), what);
  if (options.json) printJson(result);
  else if (!options.quiet) printResult(formatDryRun(result));
  return ExitStatus.done;
}
