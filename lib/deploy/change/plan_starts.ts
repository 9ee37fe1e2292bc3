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
  type Reserved,
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

/** The instances of a service to start. */
export interface StartRequest {
  service: ServiceConfig;
  /** Their numbers, from 1. */
  numbers: number[];
  /** The slot they start in, if zdd assigns the addresses. */
  slot: Slot;
  /** The name that they are recorded with. */
  release?: string;
}

/** What is about to be started, and the state with the assigned addresses. */
export interface Starts {
  plans: Plan[];
  state: State;
}

/** Requests all instances of a service, in a slot where none of its instances runs. */
export function requestAll(
  service: ServiceConfig,
  state: State,
  alive: (instance: Instance) => boolean = isAlive,
): StartRequest {
  const own = stateOf(state, service.name);
  const running = own.current.filter(alive);
  // The slot of an instance that is still being stopped can be reused, with another address.
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
 * Whether a start would change the addresses of a service's slots even if all known ones are
 * free: a slot doesn't have an address of the right kind for each instance yet.
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

/** The slots of a service, including one that it no longer needs but has instances in. */
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
 * Plans new instances. If zdd assigns their addresses, they get those of their slot, or new
 * ones if others have taken them.
 *
 * @param conf the nginx.conf that would be rendered now: nginx may not listen yet on its addresses
 * @throws {ZddError} with exit status 2, if the image of a service needs a release and has none.
 */
export async function planStarts(
  config: Config,
  requests: readonly StartRequest[],
  before: State,
  conf: () => string,
): Promise<Starts> {
  let state = before;
  const plans: Plan[] = [];
  const inUse = addressesInUse(before);
  let passed: Set<string> | undefined;
  const passedTo = () =>
    passed ??= passedAddresses().union(listenedAddresses(conf()));
  for (const request of requests) {
    const { service, numbers, slot, release } = request;
    if (numbers.length > 0) requireRelease(service, release);
    const slots = hasSlots(service)
      ? await chooseAddresses(config, request, state, inUse, passedTo)
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

/**
 * The addresses of all slots; those of the slot to start in are free.
 *
 * @param inUse the addresses of instances that may still listen
 * @param passedTo those that nginx uses itself or passes requests to
 */
async function chooseAddresses(
  config: Config,
  { service, numbers, slot: free }: StartRequest,
  state: State,
  inUse: readonly string[],
  passedTo: () => Reserved,
): Promise<Slots> {
  const { name, instances, user } = service;
  const own = stateOf(state, name);
  const plan = {
    service: name,
    kind: kindOf(service),
    instances,
    // A service's user needs its own directory, to be able to bind there.
    directory: join(config.stateDir, "run", user === undefined ? "" : name),
  };
  let chosen: Slots = {};
  for (const slot of slotsIn(service, own)) {
    const known = own.slots?.[slot] ?? [];
    // A slot that may serve keeps its addresses; one without any gets some.
    if (slot !== free && known.length > 0) {
      chosen = { ...chosen, [slot]: known };
      continue;
    }
    const all = [...Object.values(state.services), { slots: chosen }];
    const taken = new Set([
      ...all.flatMap(({ slots = {} }) => Object.values(slots).flat())
        .filter((address) => !known.includes(address)),
      ...inUse,
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

/** The addresses of instances that still have a process, whether it listens or not. */
function addressesInUse({ services }: State): string[] {
  return Object.values(services).flatMap(instancesOf)
    .filter((instance) => !isGone(instance))
    .flatMap(({ address }) => address ?? []);
}
