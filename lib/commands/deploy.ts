import type { Command, GlobalOptions, Input } from "../cli/command.ts";
import { readPercent, readRelease, readSeconds } from "../cli/option_values.ts";
import { LOCK_WAIT, MAX, SERVICE, USUAL_MAX, WAIT } from "../cli/options.ts";
import { printJson, printResult } from "../cli/output.ts";
import { usage } from "../cli/usage.ts";
import type { ReleaseOptions } from "../deploy/change/release.ts";
import type { RunOptions } from "../deploy/run.ts";
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
        "the name of the release, such as v42; does nothing if that already serves",
    },
    {
      name: "canary",
      value: "PERCENT",
      help: "give the new instances only a share of the requests",
    },
    {
      name: "pause",
      value: "COMMAND",
      help: "hold requests and run it when nobody uses the old release",
    },
    MAX,
    WAIT,
    {
      name: "dry-run",
      help: "check everything and show what would be done",
    },
    LOCK_WAIT,
  ],
  about: [
    "Starts a new instance of each service beside the old one, waits until it " +
    "accepts connections and is healthy, renders nginx.conf, switches, verifies, " +
    "waits until the last connection to the old instance has closed, and " +
    "stops it. If anything fails before the switch is verified, everything is " +
    "undone and the old instances keep serving.",
    "With `--release`, a deploy does nothing if all instances already run that " +
    "release with the same settings, and nginx.conf would not change. A release's " +
    "name has letters, digits, dots, hyphens and underscores.",
    "With `--pause`, requests are held when the new instances are ready, COMMAND is " +
    "run when nobody uses the old ones any more, such as a migration that doesn't fit " +
    "them, and the new release answers what was held. If COMMAND fails, the old one " +
    "does. See `zddeploy help pause`.",
    "With `--canary`, the new instances get a share of the requests, until " +
    "`promote` or `abort`; the template must use the live switch.",
  ],
  examples: [
    "zddeploy",
    "zddeploy deploy --release v42 --lock-wait 60",
    "zddeploy deploy --service web --canary 10",
    "zddeploy deploy --pause 'npm run migrate' --max 20",
    "zddeploy deploy --dry-run --json",
  ],
  async run(options, input) {
    const { service: services, canary, release } = input.values;
    const percent = canary?.at(-1);
    const name = release?.at(-1);
    const pause = readPause(input);
    if (pause !== undefined && percent !== undefined) {
      throw usage("--pause doesn't go with --canary");
    }
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
      (project, how) => deployRelease(project, { ...how, ...what, pause }),
    );
  },
};

/** @throws {ZddError} if options of a pause are given without one. */
function readPause({ values }: Input): RunOptions["pause"] {
  const command = values.pause?.at(-1);
  const wait = readSeconds("wait", values.wait?.at(-1));
  const max = readSeconds("max", values.max?.at(-1));
  if (command !== undefined) {
    return { command, wait, max: max ?? USUAL_MAX };
  }
  const other = ["max", "wait"].find((name) => values[name] !== undefined);
  if (other !== undefined) throw usage(`--${other} needs --pause`);
  return undefined;
}

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
