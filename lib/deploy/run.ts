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
  /** Ends the run with the signal's reason, if aborted before the commit. */
  signal?: AbortSignal;
  /** How long to wait for another deploy to end, in ms. */
  lockWait?: number;
  /** The name that new instances are recorded with. */
  release?: string;
  /** The pause of `deploy --pause`. */
  pause?: Omit<Pause, "services">;
}

/** A run of zddeploy that changes something. It holds the lock until it is disposed of. */
export interface Run extends Disposable {
  /** The name of the change, for hooks and the history. */
  readonly command: string;
  readonly project: Project;
  readonly directory: StateDir;
  readonly hooks: Hooks;
  readonly report: Report;
  /** The warnings so far. */
  readonly warnings: readonly string[];
  readonly signal?: AbortSignal;
  readonly release?: string;
  readonly pause?: RunOptions["pause"];
  /** How long it has taken so far, in ms. */
  took(): number;
  /** Makes sure that what is started from now on outlives zddeploy; see `detach`. */
  detach(): Promise<void>;
}

/**
 * Step 2 of a deploy: begins a run by taking the lock.
 *
 * @throws {ZddError} with exit status 3, if another run holds it, or if nginx's pid file
 * names an nginx with another configuration.
 */
export async function openRun(
  command: string,
  project: Project,
  { signal, lockWait, release, pause, ...options }: RunOptions,
): Promise<Run> {
  const took = stopwatch();
  const { report, warnings } = collectWarnings(options.report);
  // Runs while waiting for the lock.
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
    project.nginx.remember();
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
 * Adds the result of a run to the history. If that fails, it is only reported.
 *
 * @param state the present state
 * @param error why the run failed; undefined if it succeeded
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

/** Points the link `log/NAME.log` to the log of the serving instance. */
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

/** Runs an action that isn't essential: a failure is only reported. */
export function attempt({ report }: Run, action: () => void): void {
  try {
    action();
  } catch (error) {
    const message = `${messageOf(error)}; the next run tries again`;
    report({ step: "commit", subject: "zdd", message, level: "warning" });
  }
}
