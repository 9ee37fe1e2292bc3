import { join } from "@std/path";
import { type Config, hasSlots, type ServiceConfig } from "../config/config.ts";
import { isAlive, isGone } from "../instance/processes.ts";
import type { Instance } from "../instance/instance.ts";
import { type Plan, planInstance } from "../instance/plan.ts";
import {
  freeAddresses,
  type Slot,
  SLOTS,
  type Slots,
} from "../instance/slots.ts";
import {
  instancesOf,
  type State,
  stateOf,
  withService,
} from "../state/state.ts";

/** Instances of a service to start. */
export interface StartRequest {
  service: ServiceConfig;
  /** 1, 2, … among its instances. */
  numbers: number[];
  /** Where they start, if zdd hands out the addresses. */
  slot: Slot;
}

/** What is about to be started, and the state with the addresses that were handed out. */
export interface Starts {
  plans: Plan[];
  state: State;
}

/** All instances of a service, in the slot that doesn't serve. */
export function requestAll(
  service: ServiceConfig,
  state: State,
  alive: (instance: Instance) => boolean = isAlive,
): StartRequest {
  const running = stateOf(state, service.name).current.filter(alive);
  const taken = running.map(({ slot }) => slot);
  const slot = SLOTS.find((slot) => !taken.includes(slot)) ?? "a";
  // A fixed port is free only when its instance has ended.
  const stays = service.port === "fixed" &&
    running.some(({ address }) => address.endsWith(`:${service.portNumber}`));
  return { service, numbers: stays ? [] : numbersOf(service), slot };
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
 */
export async function planStarts(
  config: Config,
  requests: readonly StartRequest[],
  before: State,
): Promise<Starts> {
  let state = before;
  const plans: Plan[] = [];
  for (const request of requests) {
    const { service, numbers, slot } = request;
    const slots = hasSlots(service)
      ? await chooseAddresses(config, request, state)
      : undefined;
    const own = stateOf(state, service.name);
    state = withService(state, service.name, { ...own, slots });
    plans.push(...numbers.map((number) =>
      planInstance(
        service,
        number,
        slots && { slot, address: slots[slot][number - 1] ?? "" },
      )
    ));
  }
  return { plans, state };
}

/** The addresses of both slots, of which those to start in are free. */
async function chooseAddresses(
  config: Config,
  { service: { name, port, instances }, numbers, slot: free }: StartRequest,
  state: State,
): Promise<Slots> {
  const slots = stateOf(state, name).slots ?? { a: [], b: [] };
  const plan = {
    service: name,
    kind: port === "socket" ? "socket" as const : "env" as const,
    instances,
    directory: join(config.stateDir, "run"),
  };
  const chosen = { ...slots };
  for (const slot of SLOTS) {
    // What may serve stays as it is, but a slot needs some addresses.
    if (slot !== free && slots[slot].length > 0) continue;
    const own = slots[slot];
    const others = new Set([
      ...[...Object.values(state.services).map(({ slots }) => slots), chosen]
        .flatMap((slots) => slots ? [...slots.a, ...slots.b] : [])
        .filter((address) => !own.includes(address)),
      ...addressesInUse(state),
    ]);
    const wanted = slot === free ? numbers : [];
    chosen[slot] = await freeAddresses(plan, slot, own, wanted, others);
  }
  return chosen;
}

/** The addresses of the instances of which a process is left, whether it still listens or not. */
function addressesInUse({ services }: State): string[] {
  return Object.values(services).flatMap(instancesOf)
    .filter((instance) => !isGone(instance)).map(({ address }) => address);
}
