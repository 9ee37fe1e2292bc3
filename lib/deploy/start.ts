import { join } from "@std/path";
import { fingerprintOf } from "../config/fingerprint.ts";
import { type Config, hasSlots, type ServiceConfig } from "../config/config.ts";
import { checkInstance } from "../instance/check.ts";
import type { Instance } from "../instance/instance.ts";
import { type Launch, start } from "../instance/start.ts";
import { type Plan, planInstance } from "../instance/plan.ts";
import {
  freeAddresses,
  type Slot,
  SLOTS,
  type Slots,
} from "../instance/slots.ts";
import { isRunning } from "../system/process.ts";
import type { Journal } from "../state/journal.ts";
import { type Report, stopwatch } from "./report.ts";
import { Started } from "./started.ts";
import { serviceState, type State } from "../state/state.ts";

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
): StartRequest {
  const { current } = serviceState(state, service.name);
  const taken = current.filter(({ process }) => isRunning(process))
    .map(({ slot }) => slot);
  const slot = SLOTS.find((slot) => !taken.includes(slot)) ?? "a";
  // A fixed port is free only when its instance has ended.
  const stays = service.port === "fixed" &&
    current.some(({ process, address }) =>
      isRunning(process) && address.endsWith(`:${service.portNumber}`)
    );
  return { service, numbers: stays ? [] : numbersOf(service), slot };
}

/** The numbers of a service's instances: 1, 2, … */
export function numbersOf({ instances }: ServiceConfig): number[] {
  return Array.from({ length: instances }, (_, i) => i + 1);
}

/**
 * Plans new instances. Those that get their address from zdd get one of their slot; if
 * somebody else has taken it, another.
 */
export async function planStarts(
  config: Config,
  requests: StartRequest[],
  before: State,
): Promise<Starts> {
  const state = structuredClone(before);
  const plans: Plan[] = [];
  for (const request of requests) {
    const { service, numbers, slot } = request;
    const own = serviceState(state, service.name);
    if (!hasSlots(service)) {
      own.slots = undefined;
      plans.push(...numbers.map((number) => planInstance(service, number)));
      continue;
    }
    own.slots = await chooseAddresses(config, request, state);
    const addresses = own.slots[slot];
    plans.push(...numbers.map((number) =>
      planInstance(service, number, {
        slot,
        address: addresses[number - 1] ?? "",
      })
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
  const slots = serviceState(state, name).slots ?? { a: [], b: [] };
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
    const others = new Set(
      [...Object.values(state.services).map(({ slots }) => slots), chosen]
        .flatMap((slots) => slots ? [...slots.a, ...slots.b] : [])
        .filter((address) => !own.includes(address)),
    );
    const wanted = slot === free ? numbers : [];
    chosen[slot] = await freeAddresses(plan, slot, own, wanted, others);
  }
  return chosen;
}

/** How often those that have started are looked at while others have not, in ms. */
const WATCH = 50;

/**
 * Steps 3 and 4: starts all instances side by side and waits until each of them
 * really serves. The first that fails, or ends while others are still starting, ends the
 * wait for all.
 */
export async function startAll(
  plans: Plan[],
  journal: Journal,
  report: Report,
  signal?: AbortSignal,
): Promise<Started> {
  const launches: Launch[] = [];
  for (const plan of plans) {
    const launch = await start(plan);
    journal.start(plan.id).leader = launch.leader;
    launches.push(launch);
  }
  journal.write();
  const started = new Started(launches);
  const failure = new AbortController();
  const either = AbortSignal.any(
    [failure.signal, ...(signal ? [signal] : [])],
  );
  const watch = setInterval(
    () => started.instances().catch((error) => failure.abort(error)),
    WATCH,
  );
  const settled = await Promise.allSettled(launches.map(async (launch) => {
    try {
      const instance = await startOne(launch, report, either);
      journal.start(launch.plan.id).instance = instance;
      started.add(launch, instance);
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  }));
  clearInterval(watch);
  for (const outcome of settled) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
  journal.write();
  return started;
}

async function startOne(
  launch: Launch,
  report: Report,
  signal: AbortSignal,
): Promise<Instance> {
  const took = stopwatch();
  const subject = launch.plan.service.name;
  report({ step: "start", subject, message: "starting", level: "begin" });
  const found = await launch.instance(signal);
  const instance = await checkInstance(launch, found, signal);
  const { process: { pid }, address } = instance;
  report({
    step: "start",
    subject,
    message: `started ${pid} on ${address}`,
    ms: took(),
  });
  return { ...instance, setup: await fingerprintOf(launch.plan.service) };
}
