import { ZddError } from "../error.ts";
import type { ServiceConfig } from "../config/config.ts";
import { linkKey } from "../live/identifiers.ts";
import { LiveLinks, mainSlot } from "../live/links.ts";
import { workersOf } from "../nginx/master.ts";
import type { Instance } from "../instance/instance.ts";
import { findMarked } from "../instance/marked.ts";
import { findRunning } from "../instance/takeover.ts";
import {
  isRunning,
  isSame,
  type ProcessId,
  userOf,
} from "../system/process.ts";
import { Journal } from "../state/journal.ts";
import type { Project } from "./read.ts";
import { type Report, stopwatch } from "./report.ts";
import { retireAll } from "./retire.ts";
import {
  readState,
  type ServiceState,
  serviceState,
  setStateAside,
  type State,
  writeState,
} from "../state/state.ts";
import type { StateDir } from "../state/state_dir.ts";
import { undo } from "./undo.ts";

/**
 * Reads the state and makes it true: undoes what a deploy that died before its commit
 * has left, finishes what one that died behind it has, and finds instances that the
 * state doesn't know: those of the Python zdd, or all if the state is damaged or gone.
 *
 * @throws {ZddError} if that isn't possible; nothing new must be started then.
 */
export async function recover(
  project: Project,
  directory: StateDir,
  report: Report,
): Promise<State> {
  const { state, damaged, missing: lost = false } = readState(directory);
  if (damaged !== undefined) {
    const aside = setStateAside(directory);
    report({
      step: "recover",
      subject: "zdd",
      message: `"${directory.state}" is damaged (${damaged}); it is now ` +
        `"${aside}", and the pid files tell what runs`,
      level: "warning",
    });
  }
  await finishDeadDeploy(project, directory, state, report);
  let changed = false;
  for (const service of project.config.services) {
    const own = serviceState(state, service.name);
    if (own.current.some(({ process }) => isRunning(process))) continue;
    const others = [
      ...own.standby,
      ...own.canary?.instances ?? [],
      ...own.retiring.map(({ instance }) => instance),
    ];
    const marked = damaged === undefined && !lost
      ? []
      : adoptMarked(service, own, new LiveLinks(directory.path), lost);
    // What the pid file names may be known as something else than the current one.
    const found = marked.length > 0 ? marked : findRunning(service).filter(
      ({ process }) => !others.some((other) => isSame(other.process, process)),
    );
    if (found.length === 0) continue;
    own.current = found;
    changed = true;
    for (const { process: { pid }, address } of found) {
      const message = `found ${pid} on ${address}`;
      report({ step: "recover", subject: service.name, message });
    }
  }
  // There may be nothing else to do, and nobody else who writes down what was found.
  if (changed) writeState(directory, state);
  if (Object.values(state.services).some(hasUnstopped)) {
    const oldWorkers = shuttingDown(project);
    await retireAll(project, directory, state, oldWorkers, report);
  }
  return state;
}

/** nginx's workers from before a switch that a dead deploy has made. */
function shuttingDown({ nginx }: Project): ProcessId[] {
  return workersOf(nginx.master()).filter(({ shuttingDown }) => shuttingDown)
    .map(({ process }) => process);
}

/**
 * The instances that serve, of those that zdd once started: of the slot that the live
 * link names, or else the newest. The others are to be stopped.
 *
 * @param onlyOwn leaves out those of other users: before the first deploy, anybody
 * could mark a process of his own
 */
function adoptMarked(
  service: ServiceConfig,
  own: ServiceState,
  links: LiveLinks,
  onlyOwn: boolean,
): Instance[] {
  const linked = mainSlot(links.read(linkKey(service.name, true)) ?? "");
  const marked = findMarked(service).filter(({ process: { pid } }) =>
    !onlyOwn || userOf(pid) === Deno.uid()
  );
  const slot = marked.some((instance) => instance.slot === linked)
    ? linked
    : marked[0]?.slot;
  const current: Instance[] = [];
  for (const instance of marked) {
    const isNew = !current.some(({ number }) => number === instance.number);
    if (isNew && instance.slot === slot) current.push(instance);
    else own.retiring.push({ instance, since: new Date().toISOString() });
  }
  current.sort((a, b) => a.number - b.number);
  if (slot !== undefined) {
    const addresses = current.map(({ address }) => address);
    own.slots = { a: [], b: [], [slot]: addresses };
  }
  return current;
}

async function finishDeadDeploy(
  project: Project,
  directory: StateDir,
  state: State,
  report: Report,
): Promise<void> {
  const journal = Journal.read(directory);
  if (journal === undefined) return;
  if (state.deploy === journal.text.id) return journal.close();
  const took = stopwatch();
  const reason = new ZddError(
    `The deploy of ${journal.text.startedAt} died before it was done`,
  );
  await undo(project, journal, reason, report);
  report({
    step: "recover",
    subject: "zdd",
    message: `undid the deploy of ${journal.text.startedAt}, which had died`,
    ms: took(),
  });
}

function hasUnstopped({ retiring }: State["services"][string]): boolean {
  return retiring.some(({ stopSent }) => !stopSent);
}
