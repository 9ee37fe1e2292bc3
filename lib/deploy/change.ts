import type { ServiceConfig } from "../config/config.ts";
import { messageOf } from "../error.ts";
import { LiveLinks } from "../live/links.ts";
import type { Instance } from "../instance/instance.ts";
import type { Plan } from "../instance/plan.ts";
import { type Applied, apply } from "./apply.ts";
import { detach, findKiller } from "./detach.ts";
import { removeLeftovers } from "../system/files.ts";
import { notesOnFormer } from "./former_service.ts";
import { appendHistory, servingPids } from "../state/history.ts";
import { Hooks } from "./hooks.ts";
import { Journal } from "../state/journal.ts";
import type { Project } from "./read.ts";
import { recover } from "./recover.ts";
import { collectWarnings, type Report, stopwatch } from "./report.ts";
import { retireAll, type Retired } from "./retire.ts";
import { startAll } from "./start.ts";
import type { Started } from "./started.ts";
import type { State } from "../state/state.ts";
import { StateDir } from "../state/state_dir.ts";
import { undo } from "./undo.ts";

export interface ChangeOptions {
  report: Report;
  /** Ends the change with the signal's reason, if it comes before the commit. */
  signal?: AbortSignal;
  /** How long to wait for another deploy to end, in ms. */
  lockWait?: number;
  /** What new instances are recorded as. */
  release?: string;
}

/** What is to be started, and who serves then. */
export interface ChangePlan {
  plans: Plan[];
  next: (started: Instance[]) => State;
}

type Planner = (
  state: State,
  report: Report,
) => ChangePlan | undefined | Promise<ChangePlan | undefined>;

export interface ChangeResult {
  changed: boolean;
  nginx: { action: Applied["action"]; pid?: number };
  services: ChangedService[];
  warnings: string[];
  ms: number;
}

export interface ChangedService {
  name: string;
  current: Instance[];
  standby: Instance[];
  canary?: { instances: Instance[]; percent: number };
  /** Those that don't serve any more. */
  previous: Retired[];
}

/**
 * Changes who serves. The steps are those of the documentation: read (which made the
 * project), lock, start, check, render, switch, verify, commit, drain, stop. Committing
 * before the old instances are drained is what makes every moment safe to die at:
 * before it all is undone, after it all is finished.
 *
 * @param command the name of the change, for hooks and history
 * @param plan decides, by the present state, what the change is; undefined: there is none
 * @throws {ZddError} if something fails before the commit; it has been undone then.
 */
export async function change(
  command: string,
  project: Project,
  options: ChangeOptions,
  plan: Planner,
): Promise<ChangeResult> {
  const took = stopwatch();
  const { report, warnings } = collectWarnings(options.report);
  const { signal, release } = options;
  const hooks = new Hooks(project.config, report);
  const killer = project.config.detach ? findKiller() : undefined;
  const directory = new StateDir(project.config.stateDir);
  directory.create(project.config);
  const subject = "zdd";
  report({ step: "lock", subject, message: "locking", level: "begin" });
  using _lock = await directory.acquire(options.lockWait, signal);
  const locked = { message: "locked", ms: took(), level: "detail" } as const;
  report({ step: "lock", subject, ...locked });
  project.nginx.requireOwn();
  const state = await recover(project, directory, report);
  const planned = await plan(state, report);
  if (planned === undefined) return unchanged(project, state, warnings, took());
  const { plans, next } = planned;
  if (plans.length > 0 || project.nginx.master() === undefined) {
    await detach(await killer);
  }
  attempt(report, () => tidy(project, directory, state));

  const journal = Journal.begin(directory, plans);
  const facts = { command, release, state };
  let started: Started;
  let applied: Applied;
  try {
    if (plans.length > 0) await hooks.require("before_start", facts, signal);
    started = await startAll(plans, journal, report, signal);
    const goal = next(
      (await started.instances()).map((each) => ({ ...each, release })),
    );
    await hooks.require("before_switch", { ...facts, state: goal }, signal);
    applied = await apply(
      { project, directory, journal, state, started, next: goal },
      { report, signal },
    );
  } catch (error) {
    await undo(project, journal, error, report);
    await hooks.inform("on_failure", { ...facts, error: messageOf(error) });
    record("failed", messageOf(error));
    throw error;
  }
  attempt(report, () => journal.close());
  await hooks.inform("after_switch", facts);
  const { oldWorkers } = applied;
  const retired = await retireAll(
    project,
    directory,
    state,
    oldWorkers,
    report,
  );
  for (const message of notesOnFormer(project.config, state)) {
    report({ step: "stop", subject, message, level: "warning" });
  }
  await hooks.inform("after_deploy", facts);
  try {
    await started.settle(directory, state);
  } catch (error) {
    record("failed", messageOf(error));
    throw error;
  }
  record("done");
  return {
    changed: plans.length > 0 || applied.action !== "unchanged",
    nginx: { action: applied.action, pid: applied.nginx.master.pid },
    services: project.config.services.map((service) =>
      changed(service, state, retired)
    ),
    warnings,
    ms: took(),
  };

  function record(result: "done" | "failed", error?: string): void {
    try {
      appendHistory(directory, {
        at: new Date().toISOString(),
        command,
        release,
        result,
        error,
        ms: Math.round(took()),
        serving: servingPids(state),
      });
    } catch (error) {
      const message = `Cannot write "${directory.history}": ${
        messageOf(error)
      }`;
      report({ step: "commit", subject: "zdd", message, level: "warning" });
    }
  }
}

function unchanged(
  { config, nginx }: Project,
  state: State,
  warnings: string[],
  ms: number,
): ChangeResult {
  return {
    changed: false,
    nginx: { action: "unchanged", pid: nginx.master()?.pid },
    services: config.services.map((service) => changed(service, state, [])),
    warnings,
    ms,
  };
}

/**
 * Removes what earlier changes have left. Not what this one makes superfluous: nginx may
 * be following a link this instant that has led there.
 */
function tidy({ config }: Project, directory: StateDir, state: State): void {
  new LiveLinks(directory.path).clean(state.nginx?.links);
  const written = [directory.state, directory.journal, config.nginx.rendered];
  written.forEach(removeLeftovers);
}

/** Does what a change can do without. */
function attempt(report: Report, action: () => void): void {
  try {
    action();
  } catch (error) {
    const message = `${messageOf(error)}; the next run tries again`;
    report({ step: "commit", subject: "zdd", message, level: "warning" });
  }
}

function changed(
  { name }: ServiceConfig,
  { services }: State,
  retired: Retired[],
): ChangedService {
  const own = services[name];
  return {
    name,
    current: own?.current ?? [],
    standby: own?.standby ?? [],
    canary: own?.canary,
    previous: retired.filter(({ service }) => service === name),
  };
}
