import type { Config } from "../config/config.ts";
import { defaultsOf } from "../config/defaults.ts";
import { messageOf } from "../error.ts";
import { isAlive, isGone } from "../instance/processes.ts";
import { drain, type SwitchedWorkers } from "../instance/drain.ts";
import { type Instance, isListening } from "../instance/instance.ts";
import { readPid } from "../instance/port_file.ts";
import type { StopConfig } from "../instance/run/runner.ts";
import { stopInstance } from "../instance/stop.ts";
import { workersOf } from "../nginx/master.ts";
import type { Nginx } from "../nginx/nginx.ts";
import type { Retiring, State } from "../state/state.ts";
import { writeState } from "../state/state_file.ts";
import { withRetiring, withTold } from "../state/instance_transitions.ts";
import { writeAtomically } from "../system/files.ts";
import { commandLine, identify, type ProcessId } from "../system/process.ts";
import { formatDuration } from "../text/duration.ts";
import { sayGoodbye } from "./goodbye.ts";
import { type Report, stopwatch } from "./report.ts";
import { attempt, type Run } from "./run.ts";

/** An instance that no longer serves, and whether it has ended. */
export interface Retired {
  service: string;
  pid: number;
  state: "stopped" | "killed" | "stopping";
}

/**
 * Steps 9 and 10: drains and stops all instances that no longer serve, side by side. This
 * can't make a deploy fail: a failure is only a warning, and what is left stays in the state.
 *
 * @param oldWorkers nginx workers from before the switch; undefined if there was no switch:
 * then instances are stopped without draining
 * @param lost the signal that all new instances of a service have ended: then the instances
 * that they replaced aren't stopped
 */
export async function retire(
  run: Run,
  state: State,
  oldWorkers: readonly ProcessId[] | undefined,
  lost?: (service: string) => AbortSignal | undefined,
): Promise<{ state: State; retired: Retired[] }> {
  const { project: { nginx, config }, directory } = run;
  const workers = oldWorkers && switchedWorkers(nginx, oldWorkers);
  if (workers !== undefined) state = noteTold(run, state);
  const all = Object.entries(state.services).flatMap(([name, { retiring }]) =>
    retiring.map((each) => ({ name, each }))
  );
  const outcomes = await Promise.all(all.map(async ({ name, each }) => {
    const how = howToStop(config, each.instance);
    // `zddeploy stop` stops it in any case.
    if (!isToBeStopped(config, each) && run.command !== "stop") {
      return { name, left: stillStopping(name, each, run.report) };
    }
    const { instance } = each;
    const signal = each.told ? undefined : lost?.(name);
    const outcome = await retireOne(run, how, instance, workers, signal);
    const left = outcome === "stopping"
      ? { ...each, stopSent: true as const, stop: how.stop }
      // If stopping couldn't even be tried, the next run tries again.
      : outcome === undefined
      ? each
      : undefined;
    const { pid } = instance.process;
    const retired = { service: name, pid, state: outcome ?? "stopping" };
    return { name, left, retired };
  }));
  const next = Object.keys(state.services).reduce((next, name) => {
    const left = outcomes.filter((outcome) => outcome.name === name)
      .flatMap(({ left }) => left ?? []);
    return withRetiring(next, name, left);
  }, state);
  for (const { current } of Object.values(next.services)) {
    current.forEach(keepPidFile);
  }
  // After a power cut, none of them runs, whether the state tells that or not.
  attempt(run, () => writeState(directory, next, { lasting: false }));
  return {
    state: next,
    retired: outcomes.flatMap(({ retired }) => retired ?? []),
  };
}

/** Records which workers are about to be told to fetch no more jobs: they can't be put back in service. */
function noteTold(run: Run, state: State): State {
  const { project: { config }, directory } = run;
  const isTold = (each: Retiring) =>
    !isListening(each.instance) && isToBeStopped(config, each) &&
    howToStop(config, each.instance).retire !== undefined;
  const hasSome = Object.values(state.services)
    .some(({ retiring }) => retiring.some(isTold));
  if (!hasSome) return state;
  const next = withTold(state, isTold);
  attempt(run, () => writeState(directory, next));
  return next;
}

/** Whether the stop command of an instance hasn't been run yet, or has changed since. */
export function isToBeStopped(
  config: Config,
  { instance, stopSent, stop }: Retiring,
): boolean {
  return !stopSent ||
    stop !== undefined && stop !== howToStop(config, instance).stop;
}

/** How an instance is stopped: by the present deploy.conf or, if its service isn't in that, as recorded. */
export function howToStop(
  config: Config,
  { service: name, stopping, log = "/dev/null" }:
    & Pick<Instance, "service">
    & Partial<Pick<Instance, "stopping" | "log">>,
): StopConfig {
  const service = config.services.find((service) => service.name === name);
  if (service !== undefined) return { ...service, log };
  const defaults = defaultsOf("service", config.directory);
  const { stateDir } = config;
  return { ...{ ...defaults, ...stopping }, name, log, env: {}, stateDir };
}

/** nginx's present workers, and the old ones, which were told to shut down. */
export function switchedWorkers(
  nginx: Nginx,
  old: readonly ProcessId[],
): SwitchedWorkers {
  const present = workersOf(nginx.master()).map(({ process }) => process);
  return { old: [...old], present };
}

/** Warns of an instance whose stop command was run by an earlier deploy. Returns undefined if it is gone. */
function stillStopping(
  subject: string,
  retiring: Retiring,
  report: Report,
): Retiring | undefined {
  const { instance, since } = retiring;
  if (isGone(instance)) return undefined;
  const { pid } = instance.process;
  const left = isAlive(instance)
    ? `${pid} still runs`
    : `a process of ${pid} still runs`;
  const message = `${left}; it was stopped at ${since}`;
  report({ step: "stop", subject, message, level: "warning" });
  return retiring;
}

/** Drains and stops one instance. Returns undefined if that failed, or if `lost` is aborted. */
async function retireOne(
  { project: { config }, report }: Run,
  how: StopConfig,
  instance: Instance,
  workers: SwitchedWorkers | undefined,
  lost?: AbortSignal,
): Promise<Retired["state"] | undefined> {
  const { name: subject, stop, stopTimeout } = how;
  const { pid } = instance.process;
  try {
    if (!isAlive(instance)) {
      report({ step: "stop", subject, message: `${pid} is gone already` });
      // It may have left processes behind.
      return (await stopInstance(how, instance)).outcome;
    }
    if (workers !== undefined) {
      await Promise.all([
        sayGoodbye(config, how, instance, report, lost),
        isListening(instance)
          ? drainOne(how, instance, workers, report, lost)
          : undefined,
      ]);
    }
    lost?.throwIfAborted();
    const stopping = `stopping ${pid}`;
    report({ step: "stop", subject, message: stopping, level: "begin" });
    const took = stopwatch();
    const { outcome, status, left = [] } = await stopInstance(how, instance);
    const rest = left.map(({ pid }) => pid);
    const still = rest.length === 0 || rest.includes(pid)
      ? `${pid} still runs`
      : `${rest.join(", ")} of ${pid} still run`;
    const message = outcome === "stopping"
      ? `${still} ${formatDuration(stopTimeout)} after "${stop}"` +
        `${status ? ` (exit status ${status})` : ""}: it is left to end by ` +
        `itself${whyItStays(stop, commandLine(pid))}`
      : `${outcome} ${pid}`;
    const level = outcome === "stopping" ? "warning" : undefined;
    report({ step: "stop", subject, message, ms: took(), level });
    return outcome;
  } catch (error) {
    if (lost?.aborted) return undefined;
    const message = `cannot stop ${pid}: ${messageOf(error)}`;
    report({ step: "stop", subject, message, level: "warning" });
    return undefined;
  }
}

async function drainOne(
  { name: subject, drainTimeout }: StopConfig,
  instance: Instance,
  workers: SwitchedWorkers,
  report: Report,
  lost?: AbortSignal,
): Promise<void> {
  const { pid } = instance.process;
  const took = stopwatch();
  const draining = `draining ${pid}`;
  report({ step: "drain", subject, message: draining, level: "begin" });
  const left = await drain(instance, workers, drainTimeout, lost);
  const still = [
    ...left.connections > 0
      ? [`${pid} still has ${counted(left.connections, "connection")}`]
      : [],
    ...left.workers > 0
      ? [`nginx still has ${counted(left.workers, "old worker")}`]
      : [],
  ];
  const message = still.length === 0
    ? `drained ${pid}`
    : `${still.join(", and ")} after ${formatDuration(took())}; stopping ${
      left.connections > 0 ? "it" : pid
    }`;
  const level = left.connections > 0 ? "warning" : undefined;
  report({ step: "drain", subject, message, ms: took(), level });
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** An explanation for known stop commands that don't end a server, for a message. */
function whyItStays(stop: string, command: string): string {
  if (/\bWINCH\b/.test(stop)) {
    return "; on WINCH, gunicorn's master only stops its workers: use `stop: kill -TERM`";
  }
  return /^(\S*\/)?uwsgi/i.test(command) && /\bTERM\b/.test(stop)
    ? "; uWSGI reloads at TERM: use `stop: kill -INT`, then run zddeploy again"
    : "";
}

/** Restores a pid file: some servers remove it when they end, although it names their successor. */
function keepPidFile(instance: Instance): void {
  const { pidFile, process } = instance;
  if (pidFile === undefined || !isAlive(instance)) return;
  try {
    const pid = readPid(pidFile);
    if (pid !== undefined && identify(pid) !== undefined) return;
    writeAtomically(pidFile, `${process.pid}\n`);
  } catch {
    // The state has the process; the pid file is for other programs.
  }
}
