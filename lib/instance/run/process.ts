import { INSTANCE_VARIABLE } from "../../system/instance_mark.ts";
import {
  currentBoot,
  identify,
  readStat,
  sendSignal,
} from "../../system/process.ts";
import { startDetached } from "../../system/shell.ts";
import { readTail, sizeOf } from "../../system/tail.ts";
import type { Instance } from "../instance.ts";
import type { Plan } from "../plan.ts";
import type { Log, Ran, Run, Runner, StopConfig } from "./runner.ts";

/** zdd itself: a child of it, which leads a session of its own and outlives it. */
export const process: Runner = {
  name: "process",

  takes: () => true,

  begin({ id, service, start, log, env }: Plan): Run {
    const printed = sizeOf(log);
    const marked = { ...env, [INSTANCE_VARIABLE]: id };
    const { pid, exited } = startDetached(start, {
      cwd: service.cwd,
      log,
      env: marked,
      inherit: service.inheritEnv,
      scope: { name: `zdd-${id}`, killSignal: signalOf(service) },
    });
    return {
      // It may have ended already.
      leader: identify(pid) ??
        { pid, startTime: readStat(pid)?.startTime ?? 0, boot: currentBoot() },
      exited,
      output: () => readTail(log, printed),
      source: log,
    };
  },

  processes: () => [],

  log: ({ log }: Ran): Log => ({ file: log }),

  stop(
    service: StopConfig,
    { process }: Instance,
  ): Promise<number> | undefined {
    // `kill -TERM` and its like need no process for that.
    const signal = signalOf(service);
    if (signal === undefined) {
      const { stop, cwd, log, env, inheritEnv: inherit } = service;
      const options = { cwd, log, env, inherit };
      return startDetached(`${stop} ${process.pid}`, options).exited;
    }
    sendSignal(process, signal);
    return undefined;
  },
};

/** The signals that the usual stop commands send. */
const SIGNALS = ["SIGTERM", "SIGQUIT", "SIGINT", "SIGHUP", "SIGWINCH"] as const;

/** The signal that a stop command sends; undefined if it does something else. */
function signalOf(
  { stop }: Pick<StopConfig, "stop">,
): typeof SIGNALS[number] | undefined {
  return SIGNALS.find((name) => stop === `kill -${name.slice(3)}`);
}
