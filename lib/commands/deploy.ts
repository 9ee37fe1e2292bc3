import type { Command, GlobalOptions, Input } from "../cli/command.ts";
import { readRelease, readSeconds, readShares } from "../cli/option_values.ts";
import { LOCK_WAIT, MAX, SERVICE, USUAL_MAX, WAIT } from "../cli/options.ts";
import { printJson, printResult } from "../cli/output.ts";
import { usage } from "../cli/usage.ts";
import type { DryRunOptions } from "../deploy/change/dry_run.ts";
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
      help: "give the new instances only a share of the requests; with " +
        "--watch, several in turn, such as 5,25,50",
    },
    {
      name: "watch",
      value: "TIME",
      help:
        "watch the release for that long, such as 2m, and go back if it is " +
        "worse; 0 for no watch",
    },
    {
      name: "pause",
      value: "COMMAND",
      help: "hold requests, and run it when the old release is idle",
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
    "With `--pause`, zddeploy holds requests when the new instances are ready, and " +
    "runs COMMAND when the old ones are idle: a migration, for example, after which " +
    "the old release no longer works. Then the new release answers the held requests. " +
    "If COMMAND fails, the old one does. See `zddeploy help pause`.",
    "With `--canary`, the new instances get a share of the requests, until " +
    "`promote` or `abort`; the template must use the live switch.",
    "With `--watch`, or `watch` in deploy.conf, zddeploy keeps watching when the new " +
    "release is live. It compares the answers of the new release with those of the " +
    "previous release, which keeps running meanwhile. If more of them fail, if they take " +
    "longer, or if an instance ends, the previous release serves again, and the exit " +
    "status is 1. The same happens if zddeploy is interrupted. `promote` and `abort` " +
    "end the watch at any time. With `--pause`, nothing is watched. With " +
    "`--canary 5,25,50`, the new release gets these shares one after the other, and then " +
    "all requests.",
  ],
  examples: [
    "zddeploy",
    "zddeploy deploy --release v42 --lock-wait 60",
    "zddeploy deploy --service web --canary 10",
    "zddeploy deploy --pause 'npm run migrate' --max 20",
    "zddeploy deploy --watch 2m",
    "zddeploy deploy --canary 5,25,50 --watch 1m",
    "zddeploy deploy --dry-run --json",
  ],
  async run(options, input) {
    const { service: services, canary, release } = input.values;
    const percents = canary?.at(-1);
    const name = release?.at(-1);
    const pause = readPause(input);
    if (pause !== undefined && percents !== undefined) {
      throw usage("Cannot use --pause together with --canary");
    }
    const shares = percents === undefined ? undefined : readShares(percents);
    const what = {
      services,
      release: name === undefined ? undefined : readRelease(name),
    };
    const watch = readSeconds("watch", input.values.watch?.at(-1));
    if (pause !== undefined && (watch ?? 0) > 0) {
      throw usage("Cannot use --pause together with --watch");
    }
    if (input.flags.includes("dry-run")) {
      return await showDryRun(options, { ...what, shares, pause, watch });
    }
    const {
      deployRelease,
      deployWatched,
      requireStepsWatched,
      runChange,
      watchTime,
    } = await import("./changing.ts");
    return await runChange(options, input, "deployed", (project, how) => {
      const time = watchTime(project.config, { watch, pause });
      if (pause !== undefined && (project.config.watch ?? 0) > 0) {
        const message =
          "nothing is watched: after a pause, there is no way back";
        how.report({ step: "watch", subject: "zdd", message });
      }
      if (time > 0) {
        return deployWatched(project, { ...how, ...what, shares, time });
      }
      requireStepsWatched(shares, time);
      const canary = shares?.[0];
      return deployRelease(project, { ...how, ...what, pause, canary });
    });
  },
};

/**
 * Reads the options of a pause.
 *
 * @throws {ZddError} if --max or --wait is given without --pause.
 */
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
  what: DryRunOptions,
): Promise<number> {
  const { dryRun, formatDryRun, readProject } = await import("./examining.ts");
  const result = await dryRun(readProject(options.conf), what);
  if (options.json) printJson(result);
  else if (!options.quiet) printResult(formatDryRun(result));
  return ExitStatus.done;
}
