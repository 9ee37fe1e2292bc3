import type { ServiceConfig } from "../config/config.ts";
import { formatDuration } from "../text/duration.ts";
import { messageOf } from "../error.ts";
import { workersOf } from "../nginx/master.ts";
import type { Nginx } from "../nginx/nginx.ts";
import { drain, type SwitchedWorkers } from "../instance/drain.ts";
import type { Instance } from "../instance/instance.ts";
import { readPid } from "../instance/port_file.ts";
import { stopInstance } from "../instance/stop.ts";
import { identify, isRunning, type ProcessId } from "../system/process.ts";
import { writeAtomically } from "../system/files.ts";
import { serviceOf } from "./former_service.ts";
import type { Project } from "./read.ts";
import { type Report, stopwatch } from "./report.ts";
import type { Retiring, State } from "../state/state.ts";
import { writeState } from "../state/state.ts";
import type { StateDir } from "../state/state_dir.ts";

/** An instance that served before, and what became of it. */
export interface Retired {
  service: string;
  pid: number;
  state: "stopped" | "killed" | "stopping";
}

/**
 * Steps 9 and 10: drains and stops every instance that doesn't serve any more, side by
 * side. Nothing here can fail a deploy: what goes wrong is a warning, and the state
 * remembers what is left.
 *
 * @param oldWorkers nginx workers from before the switch; undefined if there was no
 * switch, so that draining would have no end
 */
export async function retireAll(
  project: Project,
  directory: StateDir,
  state: State,
  oldWorkers: ProcessId[] | undefined,
  report: Report,
): Promise<Retired[]> {
  const retired: Retired[] = [];
  const workers = oldWorkers && switchedWorkers(project.nginx, oldWorkers);
  const jobs = Object.entries(state.services).map(async ([name, own]) => {
    const left: Retiring[] = [];
    await Promise.all(own.retiring.map(async (retiring) => {
      const { instance } = retiring;
      const { process } = instance;
      if (retiring.stopSent) {
        if (!isRunning(process)) return;
        left.push(retiring);
        report({
          step: "stop",
          subject: name,
          message: `${process.pid} still runs; it was stopped at ` +
            retiring.since,
          level: "warning",
        });
        return;
      }
      const service = serviceOf(project.config, instance);
      const outcome = await retire(service, retiring, workers, report);
      retired.push({
        service: name,
        pid: process.pid,
        state: outcome ?? "stopping",
      });
      // What couldn't even be tried is tried again by the next run.
      if (outcome === undefined) left.push(retiring);
      if (outcome === "stopping") left.push({ ...retiring, stopSent: true });
    }));
    own.retiring = left;
    own.current.forEach(keepPidFile);
  });
  await Promise.all(jobs);
  try {
    writeState(directory, state);
  } catch (error) {
    const message = `${messageOf(error)}; the next run tries again`;
    report({ step: "commit", subject: "zdd", message, level: "warning" });
  }
  return retired;
}

/** nginx's workers, of which the old ones were told to shut down. */
export function switchedWorkers(
  nginx: Nginx,
  old: ProcessId[],
): SwitchedWorkers {
  const present = workersOf(nginx.master()).map(({ process }) => process);
  return { old, present };
}

/** Drains and stops one instance. Returns undefined if that couldn't be tried. */
async function retire(
  service: ServiceConfig,
  { instance }: Retiring,
  workers: SwitchedWorkers | undefined,
  report: Report,
): Promise<Retired["state"] | undefined> {
  const { name, stop, stopTimeout } = service;
  const { pid } = instance.process;
  const subject = name;
  try {
    if (!isRunning(instance.process)) {
      report({ step: "stop", subject, message: `${pid} is gone already` });
      // It may have left processes behind.
      return (await stopInstance(service, instance)).outcome;
    }
    if (workers !== undefined) {
      await drainInstance(service, instance, workers, report);
    }
    const message = `stopping ${pid}`;
    report({ step: "stop", subject, message, level: "begin" });
    const stopping = stopwatch();
    const { outcome, status } = await stopInstance(service, instance);
    const ms = stopping();
    if (outcome === "stopping") {
      report({
        step: "stop",
        subject,
        message: `${pid} still runs ${formatDuration(stopTimeout)} after ` +
          `"${stop}"${status ? ` (exit status ${status})` : ""}: it is left ` +
          `to end by itself${whyItStays(stop)}`,
        ms,
        level: "warning",
      });
    } else {
      report({ step: "stop", subject, message: `${outcome} ${pid}`, ms });
    }
    return outcome;
  } catch (error) {
    const message = `cannot stop ${pid}: ${messageOf(error)}`;
    report({ step: "stop", subject, message, level: "warning" });
    return undefined;
  }
}

async function drainInstance(
  { name: subject, drainTimeout }: ServiceConfig,
  instance: Instance,
  workers: SwitchedWorkers,
  report: Report,
): Promise<void> {
  const { pid } = instance.process;
  const took = stopwatch();
  const draining = `draining ${pid}`;
  report({ step: "drain", subject, message: draining, level: "begin" });
  const left = await drain(instance, workers, drainTimeout);
  const message = left.connections + left.workers === 0
    ? `drained ${pid}`
    : `${pid} still has ${left.connections} connections, and nginx ` +
      `${left.workers} old workers, after ${formatDuration(took())}; ` +
      "stopping it";
  const level = left.connections > 0 ? "warning" : undefined;
  report({ step: "drain", subject, message, ms: took(), level });
}

/** What is known of stop commands that don't end a process. */
function whyItStays(stop: string): string {
  return /\bWINCH\b/.test(stop)
    ? "; gunicorn's master ignores WINCH but for stopping its workers: use " +
      "`stop: kill -TERM`"
    : "";
}

/** Some servers remove the pid file when they end, although it names their successor. */
function keepPidFile({ pidFile, process }: Instance): void {
  if (pidFile === undefined || !isRunning(process)) return;
  try {
    const pid = readPid(pidFile);
    if (pid !== undefined && identify(pid) !== undefined) return;
    writeAtomically(pidFile, `${process.pid}\n`);
  } catch {
    // The state knows the process; the file is for others.
  }
}
