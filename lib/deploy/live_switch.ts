import { type Config, hasSlots } from "../config/config.ts";
import { type Instance, isListening } from "../instance/instance.ts";
import { linkKey } from "../live/identifiers.ts";
import { LiveLinks } from "../live/links.ts";
import { prepareMaintenance } from "../live/maintenance.ts";
import { MAINTENANCE } from "../live/steering.ts";
import type { Journal } from "../state/journal.ts";
import { type Closed, type State, stateOf } from "../state/state.ts";
import type { Rendered } from "../live/render.ts";
import { requireClosable } from "./closable.ts";
import type { Run } from "./run.ts";

/** The live switch: replacing a symbolic link moves a service's requests, without a reload. */
export interface LiveSwitch {
  links: LiveLinks;
  /** The keys of the links that nginx.conf uses. */
  keys: string[];
  moves: Move[];
  /** How the link of a closed site must be moved; undefined if it stays. */
  steer?: { from?: string; to?: string };
}

/** A link that must have another target in the next state. */
export interface Move {
  service: string;
  key: string;
  /** Its target now; undefined if the running configuration doesn't use it. */
  from?: string;
  to: string;
}

/** The link of a service, and the target that it must have. */
export interface Target {
  service: string;
  key: string;
  to: string;
}

/**
 * Prepares the move of the live links. Links that nginx doesn't use yet are created at once:
 * they must exist before a configuration uses them.
 *
 * @throws {ZddError} if a link can't be created; the journal has what must be restored.
 */
export async function prepareLiveSwitch(
  { project, directory }: Run,
  journal: Journal,
  rendered: Rendered,
  before: State,
  next: State,
): Promise<LiveSwitch> {
  const { config } = project;
  const { live } = rendered;
  const { maintenance } = next;
  if (maintenance) requireClosable(project, rendered, maintenance);
  const links = new LiveLinks(directory.path);
  const keys = live.map((name) => linkKey(name, isSlotted(config, next, name)));
  const targets: Target[] = [];
  for (const service of live) {
    const { canary, ...own } = stateOf(next, service);
    const current = own.current.filter(isListening);
    if (current.length === 0) continue;
    const slots = isSlotted(config, next, service);
    const share = canary &&
      { ...canary, instances: canary.instances.filter(isListening) };
    const to = await links.prepare({ current, canary: share }, slots);
    targets.push({ service, key: linkKey(service, slots), to });
  }
  const asked = before.nginx?.links ?? [];
  const moves = planMoves(targets, asked, (key) => links.read(key));
  const steer = await planSteering(links, next);
  const changed = [...moves, ...steer ? [{ key: MAINTENANCE, ...steer }] : []];
  if (changed.length > 0) {
    journal.recordLinks(
      Object.fromEntries(changed.map(({ key, from }) => [key, from ?? null])),
    );
  }
  for (const { key, from, to } of moves) {
    if (from === undefined) links.point(key, to);
  }
  return { links, keys, moves, steer };
}

/** How the link of a closed site must be moved; undefined if its target is right. */
async function planSteering(
  links: LiveLinks,
  { maintenance }: State,
): Promise<LiveSwitch["steer"]> {
  const from = links.read(MAINTENANCE);
  const to = maintenance &&
    await prepareMaintenance(links.directory, maintenance);
  return from === to ? undefined : { from, to };
}

/**
 * The links that must be moved or created.
 *
 * @param asked the keys that the running configuration uses
 * @param read returns the present target of a link
 */
export function planMoves(
  targets: readonly Target[],
  asked: readonly string[],
  read: (key: string) => string | undefined,
): Move[] {
  return targets.map((target) => ({
    ...target,
    from: asked.includes(target.key) ? read(target.key) : undefined,
  })).filter(({ from, to }) => from !== to);
}

/**
 * Moves the links that nginx already uses, and closes or opens the site. Returns how many
 * links are new or moved.
 */
export function switchLive(
  { report }: Run,
  { links, moves, steer }: LiveSwitch,
  next: State,
  signal?: AbortSignal,
): number {
  for (const { service, key, from, to } of moves) {
    signal?.throwIfAborted();
    if (from !== undefined) links.point(key, to);
    const message = describe(next, service);
    report({ step: "switch", subject: service, message });
  }
  if (steer === undefined) return moves.length;
  links.point(MAINTENANCE, steer.to);
  const { maintenance } = next;
  const message = maintenance === undefined
    ? "open for everybody"
    : `closed${exceptFor(maintenance)}: 503 for all requests to ` +
      "services that are switched live";
  report({ step: "switch", subject: "nginx", message });
  return moves.length + 1;
}

/** ` except for 10.0.0.0/8`. */
function exceptFor({ allowed }: Closed): string {
  return allowed.length === 0 ? "" : ` except for ${allowed.join(", ")}`;
}

/** Reports which instances of `port: none` replace others: they have no link to be moved. */
export function tellOfWorkers(
  { report }: Run,
  before: State,
  next: State,
): void {
  for (const [subject, { current }] of Object.entries(next.services)) {
    const earlier = stateOf(before, subject).current;
    const isMoved = earlier.length > 0 && current.length > 0 &&
      !current.some(({ id }) => earlier.some((one) => one.id === id));
    if (!isMoved || current.some(isListening)) continue;
    const message = describe(next, subject);
    report({ step: "switch", subject, message });
  }
}

/** Whether nginx finds the current instances by their slot. They may have been started with another `port`. */
export function isSlotted(
  { services }: Pick<Config, "services">,
  next: State,
  name: string,
): boolean {
  return stateOf(next, name).current.every(({ slot }) => slot !== undefined) &&
    services.some((service) => service.name === name && hasSlots(service));
}

/** `switched to 4711`, `4712 gets 10 % of the requests`. */
function describe(state: State, name: string): string {
  const { current, canary } = stateOf(state, name);
  const pids = (instances: readonly Instance[]) =>
    instances.map(({ process }) => process.pid).join(", ");
  return canary === undefined
    ? `switched to ${pids(current)}`
    : `${pids(canary.instances)} gets ${canary.percent} % of the requests`;
}
