import type { Instance } from "../service/instance.ts";
import { type Applied, apply } from "./apply.ts";
import { Journal } from "./journal.ts";
import type { Project } from "./project.ts";
import { recover } from "./recover.ts";
import { collectWarnings, type Report, stopwatch } from "./report.ts";
import { retireAll, type Retired } from "./retire.ts";
import { replaceCurrent } from "./roles.ts";
import { planStarts, startAll } from "./start.ts";
import { StateDir } from "./state_dir.ts";
import { undo } from "./undo.ts";

export interface DeployOptions {
  report: Report;
  /** Ends the deploy with the signal's reason, if it comes before the commit. */
  signal?: AbortSignal;
}

export interface DeployResult {
  changed: boolean;
  nginx: { action: Applied["action"]; pid: number };
  services: DeployedService[];
  warnings: string[];
  ms: number;
}

export interface DeployedService {
  name: string;
  current: Instance[];
  previous: Retired[];
}

/**
 * Puts a new instance of every service in the place of the old one.
 *
 * The steps are those of the documentation: read (which made the project), lock,
 * start, check, render, switch, verify, commit, drain, stop. Committing before the old
 * instances are drained is what makes every moment safe to die at: before it all is
 * undone, after it all is finished.
 *
 * @throws {ZddError} if something fails before the commit; it has been undone then.
 */
export async function deploy(
  project: Project,
  options: DeployOptions,
): Promise<DeployResult> {
  const took = stopwatch();
  const { report, warnings } = collectWarnings(options.report);
  const { signal } = options;
  const directory = new StateDir(project.config.stateDir);
  directory.create(project.config);
  using _lock = directory.acquire();
  const state = await recover(project, directory, report);

  const { services } = project.config;
  const { plans, state: planned } = await planStarts(
    project.config,
    services,
    state,
  );
  const journal = Journal.begin(directory, plans);
  let applied: Applied;
  try {
    const started = await startAll(plans, journal, report, signal);
    const next = replaceCurrent(project.config, planned, started);
    applied = await apply({ project, directory, journal, state, next }, {
      report,
      signal,
    });
  } catch (error) {
    await undo(project, journal, error, report);
    throw error;
  }
  const { oldWorkers } = applied;
  const retired = await retireAll(
    project,
    directory,
    state,
    oldWorkers,
    report,
  );
  return {
    changed: true,
    nginx: { action: applied.action, pid: applied.nginx.master.pid },
    services: services.map(({ name }) => ({
      name,
      current: state.services[name]?.current ?? [],
      previous: retired.filter(({ service }) => service === name),
    })),
    warnings,
    ms: took(),
  };
}
