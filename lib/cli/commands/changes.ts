import { formatDuration, parseDuration } from "../../config/duration.ts";
import type { ChangeOptions } from "../../deploy/change.ts";
import { deploy } from "../../deploy/deploy.ts";
import { type Project, readProject } from "../../deploy/project.ts";
import { startMissing } from "../../deploy/start_missing.ts";
import { abort, promote, rollback, steerCanary } from "../../deploy/steer.ts";
import { stop } from "../../deploy/stop.ts";
import { ExitStatus, ZddError } from "../../error.ts";
import {
  type Command,
  type CommandOption,
  type GlobalOptions,
  type Input,
  readPercent,
} from "../command.ts";
import { interruptible } from "../interrupt.ts";
import { printJson, printMessage } from "../output.ts";
import { lineProgress } from "../progress.ts";

const SERVICE: CommandOption = {
  name: "service",
  value: "NAME",
  help: "only this service; may be given again",
};

const LOCK_WAIT: CommandOption = {
  name: "lock-wait",
  value: "SECONDS",
  help: "wait that long for another deploy to end",
};

/** The commands that change who serves. */
export const changeCommands: Command[] = [
  {
    name: "deploy",
    summary: "put new instances of all services live (the default)",
    options: [
      SERVICE,
      {
        name: "canary",
        value: "PERCENT",
        help: "give them a share of the requests, beside the current ones",
      },
      {
        name: "release",
        value: "ID",
        help: "what is deployed; nothing is done if that serves already",
      },
      LOCK_WAIT,
    ],
    run(options, input) {
      const {
        service: services,
        canary: [percent] = [],
        release: [release] = [],
      } = input.values;
      const canary = percent === undefined ? undefined : readPercent(percent);
      return carryOut(
        options,
        input,
        "deployed",
        (project, how) =>
          deploy(project, { ...how, services, canary, release }),
      );
    },
  },
  {
    name: "start",
    summary: "start whatever should run and doesn't; for boot, cron, playbooks",
    options: [LOCK_WAIT],
    run: (options, input) => carryOut(options, input, "started", startMissing),
  },
  {
    name: "stop",
    summary: "stop all services",
    options: [
      SERVICE,
      { name: "nginx", help: "stop nginx too, before them" },
      LOCK_WAIT,
    ],
    run(options, input) {
      const { service: services } = input.values;
      const nginx = input.flags.includes("nginx");
      return carryOut(
        options,
        input,
        "stopped",
        (project, how) => stop(project, { ...how, services, nginx }),
      );
    },
  },
  {
    name: "rollback",
    summary: "put the standby instances back in service, at once",
    options: [LOCK_WAIT],
    run: (options, input) => carryOut(options, input, "rolled back", rollback),
  },
  {
    name: "canary",
    words: ["PERCENT"],
    summary: "give the canary another share of the requests",
    options: [LOCK_WAIT],
    run(options, input) {
      const percent = readPercent(input.words[0] ?? "");
      return carryOut(
        options,
        input,
        "switched",
        (project, how) => steerCanary(project, percent, how),
      );
    },
  },
  {
    name: "promote",
    summary: "give the canary all requests, and stop the release before it",
    options: [LOCK_WAIT],
    run: (options, input) => carryOut(options, input, "promoted", promote),
  },
  {
    name: "abort",
    summary: "take all requests from the canary, and stop it",
    options: [LOCK_WAIT],
    run: (options, input) => carryOut(options, input, "aborted", abort),
  },
];

async function carryOut<R extends { ms: number; changed: boolean }>(
  options: GlobalOptions,
  { values }: Input,
  done: string,
  change: (project: Project, options: ChangeOptions) => Promise<R>,
): Promise<number> {
  const project = readProject(options.conf);
  const report = lineProgress(options);
  const lockWait = readSeconds(values["lock-wait"]?.at(-1));
  const result = await interruptible((signal) =>
    change(project, { report, signal, lockWait })
  );
  if (options.json) printJson(result);
  if (!options.quiet) {
    const what = result.changed ? done : "nothing to do";
    printMessage(`${what} in ${formatDuration(result.ms)}`);
  }
  return ExitStatus.done;
}

function readSeconds(text?: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new ZddError(`Expected seconds for --lock-wait, got "${text}"`, {
    exitStatus: ExitStatus.usage,
  });
}
