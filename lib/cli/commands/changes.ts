import { formatDuration } from "../../config/duration.ts";
import type { ChangeOptions, ChangeResult } from "../../deploy/change.ts";
import { deploy } from "../../deploy/deploy.ts";
import { type Project, readProject } from "../../deploy/project.ts";
import { abort, promote, rollback, steerCanary } from "../../deploy/steer.ts";
import { ExitStatus } from "../../error.ts";
import {
  type Command,
  type GlobalOptions,
  type Input,
  readPercent,
} from "../command.ts";
import { interruptible } from "../interrupt.ts";
import { printJson, printMessage } from "../output.ts";
import { lineProgress } from "../progress.ts";

type Change = (
  project: Project,
  options: ChangeOptions,
) => Promise<ChangeResult>;

/** The commands that change who serves. */
export const changeCommands: Command[] = [
  {
    name: "deploy",
    summary: "put new instances of all services live (the default)",
    options: [
      {
        name: "service",
        value: "NAME",
        help: "only this service; may be given again",
      },
      {
        name: "canary",
        value: "PERCENT",
        help: "give them a share of the requests, beside the current ones",
      },
    ],
    run(options, { values: { service, canary } }) {
      const percent = canary?.at(-1);
      const share = percent === undefined ? undefined : readPercent(percent);
      return carryOut(
        options,
        "deployed",
        (project, changeOptions) =>
          deploy(project, {
            ...changeOptions,
            services: service,
            canary: share,
          }),
      );
    },
  },
  {
    name: "rollback",
    summary: "put the standby instances back in service, at once",
    run: (options) => carryOut(options, "rolled back", rollback),
  },
  {
    name: "canary",
    words: ["PERCENT"],
    summary: "give the canary another share of the requests",
    run(options, { words }: Input) {
      const percent = readPercent(words[0] ?? "");
      return carryOut(
        options,
        "switched",
        (project, changeOptions) =>
          steerCanary(project, percent, changeOptions),
      );
    },
  },
  {
    name: "promote",
    summary: "give the canary all requests, and stop the release before it",
    run: (options) => carryOut(options, "promoted", promote),
  },
  {
    name: "abort",
    summary: "take all requests from the canary, and stop it",
    run: (options) => carryOut(options, "aborted", abort),
  },
];

async function carryOut(
  options: GlobalOptions,
  done: string,
  change: Change,
): Promise<number> {
  const project = readProject(options.conf);
  const report = lineProgress(options);
  const result = await interruptible((signal) =>
    change(project, { report, signal })
  );
  if (options.json) printJson(result);
  if (!options.quiet) printMessage(`${done} in ${formatDuration(result.ms)}`);
  return ExitStatus.done;
}
