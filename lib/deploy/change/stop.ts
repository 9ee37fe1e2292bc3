import { chooseServices } from "../../config/choose.ts";
import type { Nginx } from "../../nginx/nginx.ts";
import { formerServices } from "../../state/former.ts";
import { writeState } from "../../state/state_file.ts";
import { keepWatched, retireEverything } from "../../state/transitions.ts";
import { isRunning } from "../../system/process.ts";
import type { Project } from "../read.ts";
import { recover } from "../recover.ts";
import { type Report, stopwatch } from "../report.ts";
import { retire, type Retired } from "../retire.ts";
import { openRun, record, type RunOptions } from "../run.ts";

export interface StopOptions extends RunOptions {
  /** Only these services; if empty, all, including those that are no longer in deploy.conf. */
  services?: string[];
  /** Stop nginx too. */
  nginx?: boolean;
}

export interface StopResult {
  changed: boolean;
  nginx?: { pid: number; state: "stopped" | "stopping" };
  services: Retired[];
  warnings: readonly string[];
  ms: number;
}

/**
 * Stops services, each with its stop command. If wanted, stops nginx before them, so that no
 * request reaches a service that has ended.
 */
export async function stop(
  project: Project,
  { services: names = [], nginx: wanted = false, ...options }: StopOptions,
): Promise<StopResult> {
  using run = await openRun("stop", project, options);
  const before = await recover(run);
  const { config } = project;
  const former = formerServices(config, before)
    .map(({ name }) => ({ name, standby: false }));
  const services = chooseServices([...config.services, ...former], names);
  const nginx = wanted ? await stopNginx(project.nginx, run.report) : undefined;
  const next = retireEverything({ services }, keepWatched(config, before));
  writeState(run.directory, next);
  const { state, retired } = await retire(run, next, undefined);
  const changed = retired.length > 0 || nginx !== undefined;
  if (changed) record(run, state);
  const { warnings, took } = run;
  return { changed, nginx, services: retired, warnings, ms: took() };
}

async function stopNginx(
  nginx: Nginx,
  report: Report,
): Promise<StopResult["nginx"]> {
  const master = nginx.master();
  if (master === undefined) return undefined;
  const took = stopwatch();
  const subject = "nginx";
  report({ step: "stop", subject, message: "stopping", level: "begin" });
  await nginx.quit(master);
  const state = isRunning(master) ? "stopping" : "stopped";
  const message = `${state} ${master.pid}`;
  report({ step: "stop", subject, message, ms: took() });
  return { pid: master.pid, state };
}
