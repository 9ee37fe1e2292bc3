import { type Config, hasSlots } from "../config/config.ts";
import { LiveLinks } from "../live/links.ts";
import { type Worker, workersOf } from "../nginx/master.ts";
import { requireAccess } from "../nginx/access.ts";
import type { Instance } from "../instance/instance.ts";
import { parseAddress } from "../system/address.ts";
import { isRunning } from "../system/process.ts";
import { linkKey } from "../live/identifiers.ts";
import { configure, type Configured } from "./configure.ts";
import type { Journal } from "../state/journal.ts";
import type { Project } from "./read.ts";
import { render } from "./render.ts";
import type { Report } from "./report.ts";
import { withInstances } from "../state/transitions.ts";
import type { Started } from "./started.ts";
import { serviceState, type State, writeState } from "../state/state.ts";
import type { StateDir } from "../state/state_dir.ts";
import { verify } from "./verify.ts";

/** A change of who serves: from one state to the next. */
export interface Change {
  project: Project;
  directory: StateDir;
  journal: Journal;
  started: Started;
  /** What holds now; becomes `next` when that holds. */
  state: State;
  next: State;
}

export interface Applied extends Omit<Configured, "action"> {
  /** What nginx was made to do. `switched`: only live links have moved. */
  action: Configured["action"] | "switched";
}

export interface ApplyOptions {
  report: Report;
  signal?: AbortSignal;
}

/**
 * Steps 5 to 7 and the commit: renders nginx.conf for the next state, tests it, makes
 * nginx use it, moves the live links, verifies, and, last of all, writes the state.
 *
 * @throws {ZddError} if nginx refuses it, it doesn't verify, or a new instance has ended;
 * the journal knows what to put back.
 */
export async function apply(
  change: Change,
  { report, signal }: ApplyOptions,
): Promise<Applied> {
  const { project, directory, journal, state, started, next } = change;
  await started.instances();
  const { text, live } = render(project, next);
  const links = new LiveLinks(directory.path);
  const asked = live.map((name) =>
    linkKey(name, isSlotted(project.config, next, name))
  );
  const moves = await planMoves(change, links, live);
  recordMoves(journal, moves);
  const reachable = moves.length > 0 ? links : undefined;
  requireAllAccess(workersOf(project.nginx.master()), next, reachable);
  // Nginx must find a link before its configuration asks for it the first time.
  for (const { key, from, to } of moves) {
    if (from === undefined) links.point(key, to);
  }
  const applied: Applied = await configure(
    { project, journal, before: next.nginx },
    { text, links: asked },
    report,
    signal,
  );
  if (applied.action !== "unchanged") {
    requireAllAccess(workersOf(applied.nginx.master), next, reachable);
  }
  if (moves.length > 0) {
    signal?.throwIfAborted();
    for (const { service, key, from, to } of moves) {
      if (from !== undefined) links.point(key, to);
      report({
        step: "switch",
        subject: service,
        message: describe(next, service),
      });
    }
    if (applied.action === "unchanged") applied.action = "switched";
  }
  const { verify: url, verifyTimeout } = project.config;
  if (url !== undefined) {
    await verify(url, verifyTimeout, started, report, signal);
  }
  const proven = withInstances(next, await started.instances());
  // From here on the next state holds, whatever happens.
  proven.nginx = applied.nginx;
  proven.deploy = journal.text.id;
  writeState(directory, proven);
  Object.assign(state, proven);
  return applied;
}

/** Makes sure that these workers can get at the links and at every socket. */
function requireAllAccess(
  workers: Worker[],
  next: State,
  links?: LiveLinks,
): void {
  if (links !== undefined) requireAccess(workers, links.directory);
  for (const { current, canary } of Object.values(next.services)) {
    for (
      const { address, process } of [...current, ...canary?.instances ?? []]
    ) {
      const parsed = parseAddress(address);
      // What has ended can't be reached by anybody, which isn't this change's doing.
      if (!isRunning(process)) continue;
      if (parsed === undefined || !("path" in parsed)) continue;
      requireAccess(workers, parsed.path);
    }
  }
}

/** A link that must lead elsewhere in the next state. */
interface Move {
  service: string;
  key: string;
  /** Where it leads now; undefined if no configuration that runs asks for it. */
  from?: string;
  to: string;
}

async function planMoves(
  { project, state, next }: Change,
  links: LiveLinks,
  live: string[],
): Promise<Move[]> {
  const moves: Move[] = [];
  for (const service of live) {
    const { current, canary } = serviceState(next, service);
    if (current.length === 0) continue;
    const slots = isSlotted(project.config, next, service);
    const key = linkKey(service, slots);
    const isAsked = state.nginx?.links.includes(key) ?? false;
    const from = isAsked ? links.read(key) : undefined;
    const to = await links.prepare({ current, canary }, slots);
    if (from !== to) moves.push({ service, key, from, to });
  }
  return moves;
}

/** Whether nginx finds those that serve by their slot. They may have been started with another `port`. */
function isSlotted(
  { services }: Config,
  next: State,
  name: string,
): boolean {
  const { current } = serviceState(next, name);
  return current.every(({ slot }) => slot !== undefined) &&
    services.some((service) => service.name === name && hasSlots(service));
}

function recordMoves(journal: Journal, moves: Move[]): void {
  if (moves.length === 0) return;
  journal.text.links = Object.fromEntries(
    moves.map(({ key, from }) => [key, from ?? null]),
  );
  journal.write();
}

/** `4711 serves`, `4712 serves 10 % of the requests`. */
function describe(state: State, name: string): string {
  const { current, canary } = serviceState(state, name);
  const pids = (instances: Instance[]) =>
    instances.map(({ process }) => process.pid).join(", ");
  return canary === undefined
    ? `switched to ${pids(current)}`
    : `${pids(canary.instances)} gets ${canary.percent} % of the requests`;
}
