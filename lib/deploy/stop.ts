import type { Nginx } from "../nginx/nginx.ts";
import { isRunning } from "../system/process.ts";
import type { ChangeOptions } from "./change.ts";
import { chooseServices } from "./deploy.ts";
import { formerServices } from "./former_service.ts";
import type { Project } from "./read.ts";
import { recover } from "./recover.ts";
import { collectWarnings, type Report, stopwatch } from "./report.ts";
import { retireAll, type Retired } from "./retire.ts";
import { retireEverything } from "../state/transitions.ts";
import { writeState } from "../state/state.ts";
import { StateDir } from "../state/state_dir.ts";

export interface StopOptions extends ChangeOptions {
  /** Only these services; all if there is none, those that left deploy.conf too. */
  services?: string[];
  /** nginx too. */
  nginx?: boolean;
}

export interface StopResult {
  changed: boolean;
  nginx?: { pid: number; state: "stopped" | "stopping" };
  services: Retired[];
  warnings: string[];
  ms: number;
}

/**
 * Stops services, each with its stop command; and nginx before them, if wanted, so
 * that nobody asks for what is gone.
 */
export async function stop(
  project: Project,
  options: StopOptions,
): Promise<StopResult> {
  const took = stopwatch();
  const { report, warnings } = collectWarnings(options.report);
  const { config } = project;
  const directory = new StateDir(config.stateDir);
  directory.create(config);
  using _lock = await directory.acquire(options.lockWait, options.signal);
  const state = await recover(project, directory, report);
  const known = [...config.services, ...formerServices(config, state)];
  const services = chooseServices(known, options.services ?? []);
  const nginx = options.nginx
    ? await stopNginx(project.nginx, report)
    : undefined;
  const next = retireEverything({ ...config, services }, state);
  writeState(directory, next);
  const retired = await retireAll(project, directory, next, undefined, report);
  return {
    changed: retired.length > 0 || nginx !== undefined,
    nginx,
    services: retired,
    warnings,
    ms: took(),
  };
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
