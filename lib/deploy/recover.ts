import { join } from "@std/path";
import { removeOldLogs } from "../instance/own_log.ts";
import { isWorker, type ServiceConfig } from "../config/config.ts";
import { messageOf, ZddError } from "../error.ts";
import { follow, isAlive } from "../instance/processes.ts";
import { linkKey } from "../live/identifiers.ts";
import { type Instance, isInstanceId } from "../instance/instance.ts";
import { addressOf } from "../instance/instance_address.ts";
import { findMarked } from "../instance/marked.ts";
import { runnerOf, tidyRunners } from "../instance/run/runners.ts";
import { findRunning } from "../instance/takeover.ts";
import { cleanLinks } from "../live/clean.ts";
import { LiveLinks } from "../live/links.ts";
import { readMaintenance } from "../live/maintenance.ts";
import { MAINTENANCE } from "../live/steering.ts";
import { mainSlot } from "../live/route.ts";
import { workersOf } from "../nginx/master.ts";
import { Journal } from "../state/journal.ts";
import {
  instancesOf,
  mapInstances,
  type ServiceState,
  type State,
  stateOf,
  withService,
} from "../state/state.ts";
import { readState, setStateAside, writeState } from "../state/state_file.ts";
import { bringBack, closed } from "../state/transitions.ts";
import { formatAddress } from "../system/address.ts";
import { readIfExists, removeLeftovers } from "../system/files.ts";
import { isRunning, isSame, userOf } from "../system/process.ts";
import { findUser } from "../system/users.ts";
import { onAddress, stopwatch } from "./report.ts";
import { watchPlaces } from "../live/watch_lines.ts";
import { cleanWatch } from "../watch/watch_log.ts";
import { isToBeStopped, retire } from "./retire.ts";
import type { Run } from "./run.ts";
import { undo } from "./undo.ts";
import { unknownServers } from "./unknown.ts";

/**
 * Reads the state and repairs it: undoes a deploy that died before its commit, finishes one
 * that died after it, and finds running instances that aren't recorded: those of the Python
 * zdd, or all if the state is damaged or missing.
 *
 * @throws {ZddError} if that isn't possible; nothing new must be started then.
 */
export async function recover(run: Run): Promise<State> {
  const { project: { config }, directory, report } = run;
  const read = readState(directory);
  const { damaged, missing = false } = read;
  if (damaged !== undefined) {
    const aside = setStateAside(directory);
    const message = `"${directory.state}" is damaged (${damaged}); it is now ` +
      `"${aside}", and the pid files tell what runs`;
    report({ step: "recover", subject: "zdd", message, level: "warning" });
  }
  await finishDeadDeploy(run, read.state);
  // Undoing may have started something again.
  const { state } = readState(directory);
  // A restarted instance has another process.
  const present = mapInstances(state, (one) => follow(one) ?? one);
  const isLost = damaged !== undefined || missing;
  const known = isLost ? withMaintenance(directory.path, present) : present;
  const found = config.services.reduce((next, service) => {
    const own = stateOf(next, service.name);
    const adopted = adopt(run, service, own, isLost);
    return adopted === own ? next : withService(next, service.name, adopted);
  }, known);
  tellOfDeadWatch(run, found);
  // If there is nothing else to do, nothing else writes the state.
  if (found !== state) writeState(directory, found);
  const isUnfinished = Object.values(found.services)
    .some(({ retiring }) => retiring.some((one) => isToBeStopped(config, one)));
  return isUnfinished ? await finishRetiring(run, found) : found;
}

/** The state with maintenance if the link says that the site is closed. */
function withMaintenance(stateDir: string, state: State): State {
  const link = new LiveLinks(stateDir).read(MAINTENANCE);
  const maintenance = link && readMaintenance(join(stateDir, "live"), link);
  return maintenance ? closed(state, maintenance) : state;
}

/** Warns of a release whose watch has died, and cleans up after that. */
function tellOfDeadWatch({ directory, report }: Run, { watch }: State): void {
  if (watch === undefined || isRunning(watch.by)) return;
  cleanWatch(watchPlaces(join(directory.path, "live")));
  const message = `the watch of the release of ${watch.since} has died; ` +
    "zddeploy promote keeps the release, zddeploy abort takes it back";
  report({ step: "recover", subject: "zdd", message, level: "warning" });
}

/**
 * Drains and stops the instances that a dead deploy left, except those that can serve again
 * because all new ones have ended.
 */
async function finishRetiring(run: Run, state: State): Promise<State> {
  // These workers are from before the dead deploy's switch.
  const shuttingDown = workersOf(run.project.nginx.master())
    .filter((worker) => worker.shuttingDown).map(({ process }) => process);
  const lost = (name: string) =>
    bringBack(state, [name], isAlive) === state
      ? undefined
      : AbortSignal.abort();
  return (await retire(run, state, shuttingDown, lost)).state;
}

/**
 * Removes files that earlier changes left. What this change makes superfluous stays: nginx
 * may be following a link to it at this moment.
 */
export function tidy(
  { project: { config }, directory }: Run,
  state: State,
): void {
  cleanLinks(new LiveLinks(directory.path), state.nginx?.links);
  for (const service of config.services) {
    const used = instancesOf(stateOf(state, service.name));
    if (service.ownLogs) removeOldLogs(service, used.map(({ log }) => log));
  }
  const written = [directory.state, directory.journal, config.nginx.rendered];
  written.forEach(removeLeftovers);
}

/**
 * Removes what runners keep of ended instances, whatever ended them, and makes sure that no
 * instance is restarted that is no longer in the state.
 *
 * @param before the state before this run
 */
export async function tidyEnded(
  { project: { config: { services } }, report }: Run,
  before: State,
  state: State,
): Promise<void> {
  const all = (of: State) => Object.values(of.services).flatMap(instancesOf);
  const known = new Set(all(state).map(({ id }) => id));
  try {
    for (const instance of all(before)) {
      if (!known.has(instance.id)) await runnerOf(instance).kill?.(instance);
    }
    await tidyRunners(services, known);
  } catch (error) {
    const message = messageOf(error);
    report({ step: "stop", subject: "zdd", message, level: "warning" });
  }
}

async function finishDeadDeploy(run: Run, { deploy }: State): Promise<void> {
  const journal = Journal.read(run.directory);
  if (journal === undefined) return;
  const { id, startedAt } = journal.entries;
  if (deploy === id) return journal.close();
  const took = stopwatch();
  const reason = `The deploy of ${startedAt} died before it was done`;
  const missing = await undo(run, journal, new ZddError(reason));
  const subject = "zdd";
  if (missing !== undefined) {
    const { message } = missing;
    run.report({ step: "recover", subject, message, level: "warning" });
  }
  const message = `undid the deploy of ${startedAt}, which had died`;
  run.report({ step: "recover", subject, message, ms: took() });
}

/**
 * A service's state with the running instances that were found; the same if none were, or if
 * recorded ones run.
 */
function adopt(
  run: Run,
  service: ServiceConfig,
  own: ServiceState,
  isLost: boolean,
): ServiceState {
  if (own.current.some(isAlive)) return own;
  const marked = isLost ? adoptMarked(run, service, own) : undefined;
  // The process in the pid file may be a standby, a canary or a retiring instance.
  const others = instancesOf({ ...own, current: [] });
  const adopted = marked ?? { ...own, current: findOthers(service, others) };
  if (adopted.current.length === 0) {
    if (isLost) tellOfUnknown(run, service);
    return own;
  }
  for (const { process: { pid }, address } of adopted.current) {
    const message = `found ${pid}${onAddress(address)}`;
    run.report({ step: "recover", subject: service.name, message });
  }
  return adopted;
}

/** Warns of processes that aren't stopped because zdd may not have started them. */
function tellOfUnknown(
  { project: { config }, report }: Run,
  { name: subject }: ServiceConfig,
): void {
  const conf = readIfExists(config.nginx.rendered) ?? "";
  for (const { pid, address } of unknownServers(subject, conf)) {
    const message =
      `process ${pid} listens on ${address}, to which nginx passes ` +
      "requests, but nothing shows that zddeploy started it: end it yourself if " +
      "it is an old instance";
    report({ step: "recover", subject, message, level: "warning" });
  }
}

/** The instances that the pid files name, except known ones. */
function findOthers(service: ServiceConfig, known: Instance[]): Instance[] {
  return findRunning(service).filter(({ process }) =>
    !known.some((other) => isSame(other.process, process))
  );
}

/**
 * A service's state from the running instances that are marked as zdd's. The current ones are
 * those that nginx passes requests to or, if that is unknown, the newest. The others are to be
 * stopped. Undefined if there are none. Any user can mark a process: one of another user only
 * counts if nginx passes requests to it or, for a worker, if the service runs as that user.
 */
function adoptMarked(
  { project: { config }, directory }: Run,
  service: ServiceConfig,
  own: ServiceState,
): ServiceState | undefined {
  const conf = readIfExists(config.nginx.rendered) ?? "";
  const serves = servesNow(service.name, new LiveLinks(directory.path), conf);
  const marked = findMarked(service).filter((instance) =>
    userOf(instance.process.pid) === Deno.uid() || serves(instance) ||
    isWorkerOf(service, instance)
  );
  const serving = marked.filter(serves);
  const [first] = serving.length > 0 ? serving : marked;
  const current: Instance[] = [];
  for (const instance of serving.length > 0 ? serving : marked) {
    const isNew = !current.some(({ number }) => number === instance.number);
    if (isNew && instance.slot === first?.slot) current.push(instance);
  }
  if (first === undefined) return undefined;
  const since = new Date().toISOString();
  const going = marked.filter((instance) => !current.includes(instance))
    .map((instance) => ({ instance, since }));
  current.sort((a, b) => a.number - b.number);
  const addresses = current.flatMap(({ address }) => address ?? []);
  return {
    ...own,
    current,
    retiring: [...own.retiring, ...going],
    ...first.slot && { slots: { [first.slot]: addresses } },
  };
}

/** Whether an instance is a worker with the user of its service and an id that zdd gave it. */
function isWorkerOf(service: ServiceConfig, { id, process }: Instance) {
  const { name, user } = service;
  return isWorker(service) && user !== undefined && isInstanceId(id, name) &&
    findUser(user)?.uid === userOf(process.pid);
}

/** Whether nginx passes the requests of a service to an instance, by the live link and the rendered file. */
function servesNow(name: string, links: LiveLinks, conf: string) {
  const slot = mainSlot(links.read(linkKey(name, true)) ?? "");
  const linked = links.addresses(linkKey(name, false));
  return (instance: Instance): boolean => {
    const address = addressOf(instance);
    if (address === undefined) return false;
    if (linked.length > 0) return linked.includes(formatAddress(address));
    if (slot !== undefined && instance.slot !== slot) return false;
    // The template may have another host in front of the port.
    const text = "path" in address ? address.path : `:${address.port}`;
    return conf.split(text).slice(1).some((rest) => /^[;:\s/]/.test(rest));
  };
}
