import { dirname } from "@std/path";
import { leadTo, logDirectory } from "../instance/own_log.ts";
import { planInstance } from "../instance/plan.ts";
import { messageOf, reasonOf } from "../error.ts";
import { appendHistory, releaseIn, servingPids } from "../state/history.ts";
import { type State, stateOf } from "../state/state.ts";
import { StateDir } from "../state/state_dir.ts";
import { detach, findKiller } from "./host/detach.ts";
import type { Pause } from "./pause.ts";
import { Hooks } from "./hooks.ts";
import type { Project } from "./read.ts";
import { collectWarnings, type Report, stopwatch } from "./report.ts";

export interface RunOptions {
  report: Report;
  /** Ends the run with the signal's reason, if it comes before the commit. */
  signal?: AbortSignal;
  /** How long to wait for another deploy to end, in ms. */
  lockWait?: number;
  /** What new instances are recorded as. */
  release?: string;
  /** What is done between two releases, while nobody uses either. */
  pause?: Omit<Pause, "services">;
}

/** One run of zddeploy that changes what runs: it has the lock until it is disposed of. */
export interface Run extends Disposable {
  /** The name of the change, for hooks and the history. */
  readonly command: string;
  readonly project: Project;
  readonly directory: StateDir;
  readonly hooks: Hooks;
  readonly report: Report;
  /** What was warned of so far. */
  readonly warnings: readonly string[];
  readonly signal?: AbortSignal;
  readonly release?: string;
  readonly pause?: RunOptions["pause"];
  /** How long it has taken so far, in ms. */
  took(): number;
  /** Sees to it that what is started from now on outlives the run; see `detach`. */
  detach(): Promise<void>;
}

/**
 * Step 2 of a deploy: begins a run by taking the lock.
 *
 * @throws {ZddError} with exit status 3 if another one has it, or if nginx's pid file
 * names an nginx with another configuration.
 */
export async function openRun(
  command: string,
  project: Project,
  { signal, lockWait, release, pause, ...options }: RunOptions,
): Promise<Run> {
  const took = stopwatch();
  const { report, warnings } = collectWarnings(options.report);
  // Found out while the lock is waited for.
  const killer = project.config.detach ? findKiller() : undefined;
  killer?.catch(() => {}); // thrown where it is awaited
  const directory = new StateDir(project.config.stateDir);
  directory.create();
  const subject = "zdd";
  report({ step: "lock", subject, message: "locking", level: "begin" });
  const lock = await directory.acquire(lockWait, signal);
  try {
    const locked = { message: "locked", ms: took(), level: "detail" } as const;
    report({ step: "lock", subject, ...locked });
    project.nginx.requireOwn();
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
  const hooks = new Hooks(project.config, report, { command, release });
  return {
    ...{ command, project, directory, hooks, report, warnings, signal },
    ...{ release, pause, took },
    detach: async () => detach(await killer),
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

/**
 * Writes down what became of a run. That it can't be is only reported.
 *
 * @param state what holds now
 * @param error why it failed; undefined: it is done
 */
export function record(run: Run, state: State, error?: unknown): void {
  const { command, directory, release, report, took } = run;
  leadToServing(run, state);
  try {
    appendHistory(directory, {
      at: new Date().toISOString(),
      by: Deno.env.get("SUDO_USER") ?? Deno.env.get("LOGNAME"),
      command,
      release: release ?? releaseIn(state),
      result: error === undefined ? "done" : "failed",
      error: error === undefined ? undefined : messageOf(error),
      ms: Math.round(took()),
      serving: servingPids(state),
    });
  } catch (error) {
    const message = `Cannot write "${directory.history}": ${reasonOf(error)}`;
    report({ step: "commit", subject: "zdd", message, level: "warning" });
  }
}

/** Leads `log/NAME.log` to the log of the instance that serves, whatever was started meanwhile. */
function leadToServing({ project: { config } }: Run, state: State): void {
  for (const service of config.services) {
    if (!service.ownLogs) continue;
    for (const { number, log } of stateOf(state, service.name).current) {
      const { logLink } = planInstance(service, number);
      const isOwn = dirname(log) === logDirectory(service);
      if (logLink !== undefined && isOwn) leadTo(logLink, log);
    }
  }
}

/** Does what a run can do without: that it fails is only reported. */
export function attempt({ report }: Run, action: () => void): void {
  try {
    action();
  } catch (error) {
    const message = `${messageOf(error)}; the next run tries again`;
    report({ step: "commit", subject: "zdd", message, level: "warning" });
  }
}
