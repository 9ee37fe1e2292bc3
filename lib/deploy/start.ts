import { type ServiceConfig, stopsFirst } from "../config/config.ts";
import { fingerprintOf } from "../config/fingerprint.ts";
import { startOrder } from "../config/start_order.ts";
import { checkInstance, type CheckOptions } from "../instance/check.ts";
import type { Instance } from "../instance/instance.ts";
import type { Plan } from "../instance/plan.ts";
import type { Launch } from "../instance/launch.ts";
import { start } from "../instance/start.ts";
import type { Tell } from "../instance/run/runner.ts";
import { servicesWithoutHttp } from "../live/spoken.ts";
import type { Journal } from "../state/journal.ts";
import { realPath } from "../system/files.ts";
import { Launched } from "./launched.ts";
import { onAddress, stopwatch } from "./report.ts";
import type { Run } from "./run.ts";

/** An instance that has passed its check. */
interface Started {
  launch: Launch;
  instance: Instance;
}

/**
 * Steps 3 and 4: starts all instances and waits until each of them serves. They start side by
 * side, except those of services that wait for others. If one fails, or ends while others are
 * still starting, the wait ends for all, and services that wait for it aren't started.
 *
 * @param makeRoom ends the instances that a service replaces, if they must end first
 * @throws {ZddError} with the last output of the first that fails.
 */
export async function startAll(
  run: Run,
  plans: readonly Plan[],
  journal: Journal,
  makeRoom?: (service: string, signal: AbortSignal) => Promise<void>,
): Promise<Launched> {
  const { template, config, nginx } = run.project;
  let others: Set<string> | undefined;
  // Computed while they start.
  const withoutHttp = () =>
    others ??= servicesWithoutHttp(template, config, () => nginx.version());
  const failure = new AbortController();
  const signal = run.signal === undefined
    ? failure.signal
    : AbortSignal.any([failure.signal, run.signal]);
  const beginAll = async (plans: readonly Plan[]): Promise<Launch[]> => {
    const launches = await begin(plans, journal);
    for (const { ended } of launches) {
      ended.addEventListener("abort", () => failure.abort(ended.reason));
    }
    return launches;
  };
  const check = async (launch: Launch): Promise<Started> => {
    try {
      const speaksHttp = !withoutHttp().has(launch.plan.service.name);
      return await startOne(run, launch, journal, { speaksHttp, signal });
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  };
  // Waits for all of them, even if the first fails.
  const all = async <T>(promises: Iterable<Promise<T>>): Promise<T[]> =>
    (await Promise.allSettled(promises)).map((outcome) => {
      if (outcome.status === "fulfilled") return outcome.value;
      throw signal.aborted ? signal.reason : outcome.reason;
    });

  const order = startOrder(plans.map(({ service }) => service));
  const stopFirst = plans.map(({ service }) => service).filter(stopsFirst)
    .map(({ name }) => name);
  const isFirst = (name: string) =>
    order.get(name)?.length === 0 && !stopFirst.includes(name);
  const first = await beginAll(
    plans.filter(({ service }) => isFirst(service.name)),
  );
  const ready = new Map<string, Promise<Started[]>>();
  const startService = async (name: string, waitsFor: string[]) => {
    const ofService = ({ service }: Plan) => service.name === name;
    if (isFirst(name)) {
      return await all(first.filter(({ plan }) => ofService(plan)).map(check));
    }
    await Promise.all(waitsFor.map((other) => ready.get(other)));
    await makeRoom?.(name, signal);
    signal.throwIfAborted();
    const launches = await beginAll(plans.filter(ofService));
    return await all(launches.map(check));
  };
  for (const [name, waitsFor] of order) {
    const started = startService(name, waitsFor);
    started.catch((error) => failure.abort(error));
    ready.set(name, started);
  }
  const started = (await all(ready.values())).flat();
  // Without the hook, the next entry follows soon and includes them.
  if (run.hooks.has("before_switch")) journal.recordInstances();
  return new Launched(inOrder(started, plans));
}

/** Starts instances. The started ones are in the journal even if another can't be started. */
async function begin(
  plans: readonly Plan[],
  journal: Journal,
): Promise<Launch[]> {
  const launches: Launch[] = [];
  if (plans.length === 0) return launches;
  try {
    for (const plan of plans) launches.push(await start(plan));
  } finally {
    const leaders = launches.map(({ plan, leader }) =>
      [plan.id, leader] as const
    );
    journal.recordLeaders(new Map(leaders));
  }
  return launches;
}

async function startOne(
  { report }: Run,
  launch: Launch,
  journal: Journal,
  options: CheckOptions,
): Promise<Started> {
  const took = stopwatch();
  const { id, service, release } = launch.plan;
  const cwd = realPath(service.cwd);
  const fingerprint = fingerprintOf(service); // while the server starts
  // If zdd is killed now, nothing else may show that they belong to this instance.
  launch.processes.onDaemons = (daemons) => {
    try {
      journal.recordDaemons(id, daemons);
    } catch {
      /* the next entry can't be written either, and fails the deploy */
    }
  };
  try {
    const subject = service.name;
    report({ step: "start", subject, message: "starting", level: "begin" });
    const found = await launch.instance(options.signal);
    // It may have begun a job.
    if (found.address === undefined) journal.noteInstance(found);
    const checked = await checkInstance(launch, found, options);
    const { process: { pid }, address } = checked;
    const message = `started ${pid}${onAddress(address)}`;
    report({ step: "start", subject, message, ms: took() });
    const instance = {
      ...checked,
      release,
      fingerprint: await fingerprint,
      command: launch.plan.start,
      cwd,
      stopping: stoppingOf(service),
    };
    journal.noteInstance(instance);
    return { launch, instance };
  } finally {
    launch.processes.onDaemons = undefined;
  }
}

/** Sorts started instances by their plans. */
function inOrder(
  started: readonly Started[],
  plans: readonly Plan[],
): Started[] {
  return plans.flatMap(({ id }) =>
    started.find(({ instance }) => instance.id === id) ?? []
  );
}

function stoppingOf(
  { stop, cwd, drainTimeout, stopTimeout, killAfter, retire }: ServiceConfig,
): Instance["stopping"] {
  return { stop, cwd, drainTimeout, stopTimeout, killAfter, retire };
}

/** Reports what runners do before a start, such as pulling an image. */
export function tellWhileStarting({ report }: Run): Tell {
  return (subject, message, ms) =>
    report({
      step: "start",
      subject,
      message,
      ms,
      level: ms === undefined ? "begin" : undefined,
    });
}
