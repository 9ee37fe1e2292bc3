import type { ServiceConfig } from "../../config/config.ts";
import { ExitStatus, ZddError } from "../../error.ts";
import { INSTANCE_VARIABLE } from "../../system/instance_mark.ts";
import {
  currentBoot,
  identify,
  readStat,
  sendSignal,
} from "../../system/process.ts";
import { findProgram } from "../../system/program.ts";
import { openLog } from "../../system/safe_open.ts";
import { SETPRIV, startDetached } from "../../system/shell.ts";
import { readTail, sizeOf } from "../../system/tail.ts";
import type { Instance } from "../instance.ts";
import { leadTo } from "../own_log.ts";
import type { Plan } from "../plan.ts";
import { prepareSocket } from "../socket_directory.ts";
import { signalOf } from "./stop_signal.ts";
import { userFor } from "./user.ts";
import type {
  Begun,
  Log,
  Ran,
  Runner,
  StopCommand,
  StopConfig,
} from "./runner.ts";

/** zdd itself: an instance is a child that leads its own session and outlives zdd. */
export const process: Runner = {
  name: "process",

  takes: () => true,

  require(services: ServiceConfig[]): void {
    const other = services.find(({ user }) => userFor(user) !== undefined);
    if (other === undefined || findProgram(SETPRIV, ".") !== undefined) {
      return;
    }
    throw new ZddError(
      `Cannot run ${other.name} as ${other.user}: there is no "${SETPRIV}"`,
      { hint: "install util-linux", exitStatus: ExitStatus.usage },
    );
  },

  begin(plan: Plan): Begun {
    const { id, service, start, log, logLink, env } = plan;
    prepareSocket(plan);
    const printed = sizeOf(log);
    const marked = { ...env, [INSTANCE_VARIABLE]: id };
    const { pid, exited } = startDetached(start, {
      cwd: service.cwd,
      log,
      env: marked,
      inherit: service.inheritEnv,
      user: userFor(service.user),
      scope: { name: `zdd-${id}`, killSignal: signalOf(service) },
    });
    if (logLink !== undefined) leadTo(logLink, log);
    return {
      // It may have ended already.
      leader: identify(pid) ??
        { pid, startTime: readStat(pid)?.startTime ?? 0, boot: currentBoot() },
      exited,
      output: () => readTail(log, printed, Infinity),
      source: log,
    };
  },

  processes: () => [],

  log: ({ log }: Ran): Log => ({ file: log }),

  stop(
    service: StopConfig,
    { process }: Instance,
  ): StopCommand | undefined {
    // `kill -TERM` and the like need no process of their own.
    const signal = signalOf(service);
    if (signal === undefined) {
      const { stop, cwd, env, inheritEnv: inherit } = service;
      const user = userFor(service.user);
      const log = logOrNothing(service.log);
      const options = { cwd, log, env, inherit, user };
      const { pid, exited } = startDetached(`${stop} ${process.pid}`, options);
      return { exited, leader: identify(pid) };
    }
    sendSignal(process, signal);
    return undefined;
  },
};

/** A log, or /dev/null if it can't be written: the instance must be stopped even then. */
function logOrNothing(log: string): string {
  try {
    openLog(log).close();
    return log;
  } catch {
    return "/dev/null";
  }
}
