import { join } from "@std/path";
import {
  type Config,
  hasSlots,
  type ServiceConfig,
  stopsFirst,
} from "../../config/config.ts";
import { isAlive, isGone } from "../../instance/processes.ts";
import type { Instance } from "../../instance/instance.ts";
import { type Plan, planInstance } from "../../instance/plan.ts";
import {
  freeAddresses,
  isOfKind,
  type Slot,
  type SlotPlan,
  SLOTS,
  type Slots,
  slotsOf,
} from "../../instance/slots.ts";
import { ExitStatus, ZddError } from "../../error.ts";
import { listenedAddresses, passedAddresses } from "../../nginx/passed.ts";
import {
  instancesOf,
  type ServiceState,
  type State,
  stateOf,
  withService,
} from "../../state/state.ts";

/** Instances of a service to start. */
export interface StartRequest {
  service: ServiceConfig;
  /** 1, 2, … among its instances. */
  numbers: number[];
  /** Where they start, if zdd hands out the addresses. */
  slot: Slot;
  /** What they are recorded as. */
  release?: string;
}

/** What is about to be started, and the state with the addresses that were handed out. */
export interface Starts {
  plans: Plan[];
  state: State;
}

/** All instances of a service, in a slot where none of its instances runs. */
export function requestAll(
  service: ServiceConfig,
  state: State,
  alive: (instance: Instance) => boolean = isAlive,
): StartRequest {
  const own = stateOf(state, service.name);
  const running = own.current.filter(alive);
  // One that is still being stopped leaves its slot to others, with another address.
  const taken = instancesOf({ ...own, retiring: [] }).filter(alive)
    .map(({ slot }) => slot);
  const free = slotsIn(service, own).filter((slot) => !taken.includes(slot));
  const leaving = own.retiring.map(({ instance }) => instance).filter(alive)
    .map(({ slot }) => slot);
  const slot = free.find((slot) => !leaving.includes(slot)) ?? free[0] ?? "a";
  // A fixed port is free only when its instance has ended.
  const stays = service.port === "fixed" && !stopsFirst(service) &&
    running.some(({ address }) => address?.endsWith(`:${service.portNumber}`));
  return { service, numbers: stays ? [] : numbersOf(service), slot };
}

/**
 * Whether a start would change the addresses of a service's slots, even if all of those
 * that are known are free: a slot has none yet, or not one of the right kind for each
 * instance.
 */
export function changesSlots(
  { service, slot: free }: Pick<StartRequest, "service" | "slot">,
  state: State,
): boolean {
  if (!hasSlots(service)) return false;
  const own = stateOf(state, service.name);
  return slotsIn(service, own).some((slot) => {
    const known = own.slots?.[slot] ?? [];
    if (slot !== free) return known.length === 0;
    return known.length !== service.instances ||
      !known.every((address) => isOfKind(address, kindOf(service)));
  });
}

/** The slots of a service, also one that it needs no more but has instances in. */
function slotsIn(service: ServiceConfig, own: ServiceState): Slot[] {
  const needed = slotsOf(service);
  const used = instancesOf(own).map(({ slot }) => slot);
  return SLOTS.filter((slot) => needed.includes(slot) || used.includes(slot));
}

/** The numbers of a service's instances: 1, 2, … */
export function numbersOf(
  { instances }: Pick<ServiceConfig, "instances">,
): number[] {
  return Array.from({ length: instances }, (_, i) => i + 1);
}

/**
 * Plans new instances. Those that get their address from zdd get one of their slot; if
 * somebody else has taken it, another.
 *
 * @param conf what nginx.conf would be now: nginx may not listen yet where it says
 * @throws {ZddError} with exit status 2, if nothing says which image a service is.
 */
export async function planStarts(
  config: Config,
  requests: readonly StartRequest[],
  before: State,
  conf: () => string,
): Promise<Starts> {
  let state = before;
  const plans: Plan[] = [];
  for (const request of requests) {
    const { service, numbers, slot, release } = request;
    if (numbers.length > 0) requireRelease(service, release);
    const slots = hasSlots(service)
      ? await chooseAddresses(config, request, state, conf)
      : undefined;
    const own = stateOf(state, service.name);
    state = withService(state, service.name, { ...own, slots });
    plans.push(...numbers.map((number) =>
      planInstance(
        service,
        number,
        slots && { slot, address: slots[slot]?.[number - 1] ?? "" },
        release,
      )
    ));
  }
  return { plans, state };
}

function requireRelease({ name, image }: ServiceConfig, release?: string) {
  if (release !== undefined || !image?.includes("{release}")) return;
  throw new ZddError(
    `Cannot tell which image ${name} needs: "${image}" has no release yet`,
    {
      hint: "name the release, such as zddeploy --release v1",
      exitStatus: ExitStatus.usage,
    },
  );
}

function kindOf({ port }: ServiceConfig): SlotPlan["kind"] {
  return port === "socket" ? "socket" : "env";
}

/** The addresses of all slots, of which those to start in are free, and nobody else's. */
async function chooseAddresses(
  config: Config,
  { service, numbers, slot: free }: StartRequest,
  state: State,
  conf: () => string,
): Promise<Slots> {
  const { name, instances, user } = service;
  const own = stateOf(state, name);
  const plan = {
    service: name,
    kind: kindOf(service),
    instances,
    // A user's own, who must be able to bind there.
    directory: join(config.stateDir, "run", user === undefined ? "" : name),
  };
  let passed: Set<string> | undefined;
  const passedTo = () =>
    passed ??= passedAddresses().union(listenedAddresses(conf()));
  let chosen: Slots = {};
  for (const slot of slotsIn(service, own)) {
    const known = own.slots?.[slot] ?? [];
    // What may serve stays as it is, but a slot needs some addresses.
    if (slot !== free && known.length > 0) {
      chosen = { ...chosen, [slot]: known };
      continue;
    }
    const all = [...Object.values(state.services), { slots: chosen }];
    const taken = new Set([
      ...all.flatMap(({ slots = {} }) => Object.values(slots).flat())
        .filter((address) => !known.includes(address)),
      ...addressesInUse(state),
    ]);
    const others = {
      has: (address: string) =>
        taken.has(address) ||
        plan.kind === "env" && !known.includes(address) &&
          passedTo().has(address),
    };
    const wanted = slot === free ? numbers : [];
    const addresses = await freeAddresses(plan, slot, known, wanted, others);
    chosen = { ...chosen, [slot]: addresses };
  }
  return chosen;
}

/** The addresses of the instances of which a process is left, whether it still listens or not. */
function addressesInUse({ services }: State): string[] {
  return Object.values(services).flatMap(instancesOf)
    .filter((instance) => !isGone(instance))
    .flatMap(({ address }) => address ?? []);
}
