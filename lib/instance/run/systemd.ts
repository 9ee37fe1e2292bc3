import { basename } from "@std/path";
import type { ServiceConfig } from "../../config/config.ts";
import { ExitStatus, reasonOf, ZddError } from "../../error.ts";
import { pidsInGroup } from "../../system/cgroups.ts";
import { discard, isDirectory, removeIfExists } from "../../system/files.ts";
import { INSTANCE_VARIABLE } from "../../system/instance_mark.ts";
import { identify, type ProcessId } from "../../system/process.ts";
import { openLog } from "../../system/safe_open.ts";
import {
  groupOfProcess,
  hasServiceManager,
  lingers,
  type Manager,
} from "../../system/service_manager.ts";
import { withExec } from "../../system/shell.ts";
import { readTail, sizeOf } from "../../system/tail.ts";
import {
  environmentFilesOf,
  exitOf,
  isJournal,
  journalCommand,
  journalOf,
  killUnit,
  lastWords,
  restartsOf,
  startUnit,
  stopUnit,
  type TransientUnit,
  unitOfGroup,
} from "../../system/transient_unit.ts";
import { nameOfUser } from "../../system/users.ts";
import type { Instance } from "../instance.ts";
import type { Plan } from "../plan.ts";
import { prepareSocket } from "../socket_directory.ts";
import {
  environmentFile,
  environmentOf,
  writeEnvironmentFile,
} from "./environment_file.ts";
import { projectOf } from "./project_name.ts";
import type {
  Begun,
  Log,
  Ran,
  Recognized,
  Runner,
  StopCommand,
  StopConfig,
} from "./runner.ts";
import { signalOf } from "./stop_signal.ts";

/**
 * systemd: one transient unit per instance, which is restarted after a crash. The handle is
 * its control group, whose last part is the unit's name.
 */
export const systemd: Runner = {
  name: "systemd",

  takes: ({ supervisor }: ServiceConfig) => supervisor === "systemd",

  require(): void {
    if (!hasServiceManager()) {
      throw refusal("systemd isn't running on this machine", "remove that key");
    }
    const uid = Deno.uid() ?? 0;
    if (uid === 0) return;
    const user = nameOfUser(uid);
    if (lingers(user)) return;
    throw refusal(
      `units of ${user} end at logout`,
      `run "sudo loginctl enable-linger ${user}" once`,
    );
  },

  async begin(plan: Plan): Promise<Begun> {
    const { id, service, log } = plan;
    const unit = { name: unitName(plan), manager: ownManager() };
    const isInJournal = usesJournal(service);
    const printed = isInJournal ? 0 : sizeOf(log);
    if (!isInJournal) makeLog(log);
    prepareSocket(plan);
    // systemd reads it at each start, so it exists as long as the unit.
    const environment = environmentFile(service.stateDir, id);
    writeEnvironmentFile(environment, {
      ...environmentOf(plan),
      [INSTANCE_VARIABLE]: id,
    });
    let started;
    try {
      started = await startUnit(
        unit,
        withExec(plan.start),
        propertiesOf(plan, environment),
      );
    } catch (error) {
      removeIfExists(environment);
      throw error;
    }
    const { group, main } = started;
    return {
      leader: main ?? { pid: 2, startTime: 0, boot: "" }, // it has ended
      handle: group,
      exited: exitOf(unit, main),
      output: () => isInJournal ? lastWords(unit) : readTail(log, printed),
      log: isInJournal ? journalOf(unit) : log,
      source: isInJournal ? journalOf(unit) : log,
    };
  },

  processes({ handle }: Ran): ProcessId[] {
    if (handle === undefined) return [];
    return pidsInGroup(handle).flatMap((pid) => identify(pid) ?? []);
  },

  log({ log, handle }: Ran): Log {
    if (handle === undefined || !isJournal(log)) return { file: log };
    return {
      command: (lines, follow, since) =>
        journalCommand([unitOfGroup(handle)], { lines, follow, since }),
    };
  },

  nameOf: ({ handle }: Ran) =>
    handle === undefined ? {} : { unit: basename(handle) },

  recognize(id: string, { pid }: ProcessId): Recognized | undefined {
    const group = groupOfProcess(pid);
    return group?.endsWith(`-${id}.service`) ? { handle: group } : undefined;
  },

  restarts: ({ handle }: Ran) =>
    handle === undefined ? undefined : restartsOf(unitOfGroup(handle)),

  // After a signal, systemd would restart it.
  stop(how: StopConfig, instance: Instance): StopCommand {
    return { exited: stop(how, instance) };
  },

  async kill(instance: Ran): Promise<void> {
    const environment = await environmentFilesOf(unitOf(instance));
    await killUnit(unitOf(instance));
    forget(instance, environment);
  },
};

/** How long zdd waits for a unit's end if `kill_after` isn't set, in ms. */
const STOPPING = 90_000;

function refusal(why: string, way: string): ZddError {
  return new ZddError(`Cannot use "supervisor: systemd": ${why}`, {
    hint: way,
    exitStatus: ExitStatus.usage,
  });
}

function ownManager(): Manager {
  return Deno.uid() === 0 ? "system" : "user";
}

/**
 * `zdd-PROJECT-ID.service`, with only the characters that a name may have
 * (systemd.unit(5)).
 */
function unitName({ id, service }: Plan): string {
  return allowed(`zdd-${projectOf(service)}-${id}.service`);
}

function allowed(name: string): string {
  return name.replace(/[^A-Za-z0-9:_.-]/g, "_");
}

async function stop(
  { stopTimeout, killAfter, stateDir }: StopConfig,
  instance: Instance,
): Promise<number> {
  const unit = unitOf(instance);
  try {
    await stopUnit(unit, 2 * Math.max(stopTimeout, killAfter ?? STOPPING));
    discard(environmentFile(stateDir, instance.id));
    return 0;
  } catch {
    return 1;
  }
}

/** The unit of an instance. One that was just started is only known by its id. */
function unitOf({ id, handle }: Ran): TransientUnit {
  return handle !== undefined
    ? unitOfGroup(handle)
    : { name: `zdd-*-${allowed(id)}.service`, manager: ownManager() };
}

/** Removes the environment file, which only a unit that may be restarted needs. */
function forget({ id }: Ran, files: string[]): void {
  files.filter((file) => basename(file) === `${id}.env`).forEach(discard);
}

/** The properties of an instance's unit. Those in deploy.conf override all others. */
function propertiesOf(plan: Plan, environment: string): string[] {
  const { service, number, log, address, start } = plan;
  const { stop, user, restart, memoryMax, killAfter, properties } = service;
  const signal = signalOf(service);
  const output = usesJournal(service) ? "journal" : `append:${log}`;
  return [
    `Description=${service.name} ${number} of ${
      projectOf(service)
    }, run by zdd`,
    `EnvironmentFile=${environment}`,
    `WorkingDirectory=${service.cwd}`,
    `StandardOutput=${output}`,
    `StandardError=${output}`,
    `SyslogIdentifier=${service.name}`,
    `Restart=${restart}`,
    ...user === undefined || ownManager() === "user" ? [] : [`User=${user}`],
    ...memoryMax === undefined ? [] : [`MemoryMax=${memoryMax}`],
    // A server tells its own processes to end; a shell around it doesn't.
    `KillMode=${withExec(start) === start ? "control-group" : "mixed"}`,
    ...signal === undefined
      ? [`ExecStop=/bin/sh -c ${quoteForCommand(stopScript(stop))}`]
      : [`KillSignal=${signal}`],
    ...killAfter === undefined ? [] : [`TimeoutStopSec=${killAfter}ms`],
    ...address !== undefined && "path" in address
      ? socketProperties(address.path)
      : [],
    ...properties,
  ];
}

/**
 * Makes a socket work again after a crash. A killed server leaves its socket, and a new one
 * couldn't bind to that path. And nginx's workers get access to the new socket, as zdd
 * gives them to the first.
 */
function socketProperties(socket: string): string[] {
  const open =
    `(for i in $(seq 600); do test -S "$0" && exec chmod 666 "$0"; ` +
    "sleep 0.05; done) &";
  const path = quoteForCommand(socket);
  return [
    `ExecStartPre=-/bin/rm -f ${path}`,
    `ExecStartPost=-/bin/sh -c ${
      quoteForCommand(open.replaceAll("$", "$$$$"))
    } ${path}`,
  ];
}

/** Runs the stop command and waits for the main process. Then systemd ends the rest. */
function stopScript(stop: string): string {
  return `${stop} $MAINPID; while kill -0 $MAINPID 2>/dev/null; do sleep 0.05; done`;
}

/** Quotes a word of a command in a property (systemd.service(5)), but not its variables. */
function quoteForCommand(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** Ordinary users can only read a journal that is stored on disk, with one file per user. */
function usesJournal({ journal }: ServiceConfig): boolean {
  return journal === true &&
    (Deno.uid() === 0 || isDirectory("/var/log/journal"));
}

/** Creates a log as zdd would, before systemd opens it. */
function makeLog(log: string): void {
  try {
    openLog(log).close();
  } catch (error) {
    throw new ZddError(`Cannot write the log "${log}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
