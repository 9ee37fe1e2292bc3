import { newInstanceId } from "../service/instance.ts";
import type { Instance } from "../service/instance.ts";
import { checkInstance } from "../service/check.ts";
import { Launch } from "../service/launch.ts";
import { readIfExists } from "../system/files.ts";
import { Journal, type Start } from "./journal.ts";
import type { Project } from "./project.ts";
import { recover } from "./recover.ts";
import { type Report, stopwatch } from "./report.ts";
import { retireAll, type Retired } from "./retire.ts";
import { serviceState, type State, writeState } from "./state.ts";
import { StateDir } from "./state_dir.ts";
import { type Switched, switchTraffic, verify } from "./switch.ts";
import { undo } from "./undo.ts";

export interface DeployOptions {
  report: Report;
  /** Ends the deploy with the signal's reason, if it comes before the commit. */
  signal?: AbortSignal;
}

export interface DeployResult {
  changed: boolean;
  nginx: { action: Switched["action"]; pid: number };
  services: DeployedService[];
  warnings: string[];
  ms: number;
}

export interface DeployedService {
  name: string;
  current: Instance;
  previous?: Retired;
}

/**
 * Puts a new instance of every service in the place of the old one.
 *
 * The steps are those of the documentation: read, lock, start, check, render, switch,
 * verify, commit, drain, stop. Committing before the old instances are drained is what
 * makes every moment safe to die at: before it all is undone, after it all is finished.
 *
 * @throws {ZddError} if something fails before the commit; it has been undone then.
 */
export async function deploy(
  project: Project,
  options: DeployOptions,
): Promise<DeployResult> {
  const took = stopwatch();
  const warnings: string[] = [];
  const report: Report = (event) => {
    if (event.level === "warning") {
      warnings.push(`${event.subject}: ${event.message}`);
    }
    options.report(event);
  };
  const directory = new StateDir(project.config.stateDir);
  directory.create(project.config);
  using _lock = directory.acquire();
  const state = await recover(project, directory, report);

  const journal = Journal.begin(directory, planStarts(project));
  let instances: Instance[];
  let switched: Switched;
  try {
    instances = await startAll(project, journal, report, options.signal);
    switched = await switchTraffic(project, journal, state, instances, {
      report,
      signal: options.signal,
    });
    await verify(project.config.verify, report, options.signal);
    commit(directory, journal, state, instances, switched);
  } catch (error) {
    await undo(project, journal, error, report);
    throw error;
  }
  const workers = new Map(
    instances.map(({ service }) => [service, switched.oldWorkers]),
  );
  const retired = await retireAll(project, directory, state, workers, report);
  return {
    changed: true,
    nginx: { action: switched.action, pid: switched.nginx.master.pid },
    services: instances.map((current) => ({
      name: current.service,
      current,
      previous: retired.find(({ service }) => service === current.service),
    })),
    warnings,
    ms: took(),
  };
}

function planStarts({ config }: Project): Start[] {
  return config.services.map(({ name, pidFile }) => ({
    id: newInstanceId(name),
    service: name,
    pidFile,
    pidBefore: readIfExists(pidFile),
  }));
}

/**
 * Steps 3 and 4: starts all services side by side and waits until each of them
 * really serves. The first that fails ends the wait for the others.
 */
async function startAll(
  { config }: Project,
  journal: Journal,
  report: Report,
  signal?: AbortSignal,
): Promise<Instance[]> {
  const launches: { launch: Launch; start: Start }[] = [];
  for (const [index, service] of config.services.entries()) {
    const start = journal.text.starts[index];
    if (start === undefined) continue;
    const { name, cwd } = service;
    const message = `run: ${service.start} (in ${cwd})`;
    report({ step: "start", subject: name, message, level: "detail" });
    const launch = new Launch(service, start.id);
    start.leader = launch.leader;
    launches.push({ launch, start });
  }
  journal.write();
  const failure = new AbortController();
  const either = AbortSignal.any(
    [failure.signal, ...(signal ? [signal] : [])],
  );
  const settled = await Promise.allSettled(
    launches.map(async ({ launch, start }) => {
      try {
        return start.instance = await startOne(launch, report, either);
      } catch (error) {
        failure.abort(error);
        throw error;
      }
    }),
  );
  for (const outcome of settled) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
  journal.write();
  return launches.flatMap(({ start }) => start.instance ?? []);
}

async function startOne(
  launch: Launch,
  report: Report,
  signal: AbortSignal,
): Promise<Instance> {
  const subject = launch.service.name;
  const took = stopwatch();
  const instance = await launch.instance(signal);
  const { process: { pid }, address } = instance;
  await checkInstance(launch, instance, signal);
  const message = `started ${pid} on ${address}`;
  report({ step: "start", subject, message, ms: took() });
  return instance;
}

/** From here on the new instances are the ones that serve, whatever happens. */
function commit(
  directory: StateDir,
  journal: Journal,
  state: State,
  instances: Instance[],
  switched: Switched,
): void {
  const next = structuredClone(state);
  const since = new Date().toISOString();
  for (const instance of instances) {
    const service = serviceState(next, instance.service);
    if (service.current !== undefined) {
      service.retiring.push({ instance: service.current, since });
    }
    service.current = instance;
  }
  next.nginx = switched.nginx;
  next.deploy = journal.text.id;
  writeState(directory, next);
  Object.assign(state, next);
  journal.close();
}
