import { join } from "@std/path";
import type { Config, ServiceConfig } from "../config/config.ts";
import { checkInstance } from "../service/check.ts";
import type { Instance } from "../service/instance.ts";
import { Launch } from "../service/launch.ts";
import { type Plan, planInstance } from "../service/plan.ts";
import {
  freeAddresses,
  type Slot,
  SLOTS,
  type Slots,
} from "../service/slots.ts";
import { isRunning } from "../system/process.ts";
import type { Journal } from "./journal.ts";
import { type Report, stopwatch } from "./report.ts";
import { serviceState, type State } from "./state.ts";

/** What is about to be started, and the state with the addresses that were handed out. */
export interface Starts {
  plans: Plan[];
  state: State;
}

/**
 * Plans new instances of services. Those that get their address from zdd start in the
 * slot that doesn't serve; an address of it that somebody else has taken is replaced.
 */
export async function planStarts(
  config: Config,
  services: ServiceConfig[],
  before: State,
): Promise<Starts> {
  const state = structuredClone(before);
  const plans: Plan[] = [];
  for (const service of services) {
    const own = serviceState(state, service.name);
    const numbers = Array.from({ length: service.instances }, (_, i) => i + 1);
    if (service.port === "file") {
      own.slots = undefined;
      plans.push(...numbers.map((number) => planInstance(service, number)));
      continue;
    }
    const slot = freeSlot(own.current);
    own.slots = await chooseAddresses(config, service, state, slot);
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

/** The slot that the current instances don't have. */
function freeSlot(current: Instance[]): Slot {
  const taken = current.filter(({ process }) => isRunning(process))
    .map(({ slot }) => slot);
  return SLOTS.find((slot) => !taken.includes(slot)) ?? "a";
}

/** The addresses of both slots: those of the free one are free, the other's stay. */
async function chooseAddresses(
  config: Config,
  { name, port, instances }: ServiceConfig,
  state: State,
  free: Slot,
): Promise<Slots> {
  const own = serviceState(state, name);
  const slots: Slots = own.slots ?? { a: [], b: [] };
  const plan = {
    service: name,
    kind: port === "socket" ? "socket" as const : "env" as const,
    instances,
    directory: join(config.stateDir, "run"),
  };
  const chosen = { ...slots };
  for (const slot of SLOTS) {
    // The serving slot's addresses stay as they are, but a slot needs some.
    if (slot !== free && slots[slot].length > 0) continue;
    const others = new Set(
      Object.values(state.services).flatMap(({ slots }) =>
        slots ? [...slots.a, ...slots.b] : []
      ).concat(chosen.a, chosen.b).filter((address) =>
        !slots[slot].includes(address)
      ),
    );
    chosen[slot] = await freeAddresses(plan, slot, slots[slot], others);
  }
  return chosen;
}

/**
 * Steps 3 and 4: starts all instances side by side and waits until each of them
 * really serves. The first that fails ends the wait for the others.
 */
export async function startAll(
  plans: Plan[],
  journal: Journal,
  report: Report,
  signal?: AbortSignal,
): Promise<Instance[]> {
  const launches: Launch[] = [];
  for (const plan of plans) {
    const { service: { name, cwd }, start, id } = plan;
    const message = `run: ${start} (in ${cwd})`;
    report({ step: "start", subject: name, message, level: "detail" });
    const launch = new Launch(plan);
    journal.start(id).leader = launch.leader;
    launches.push(launch);
  }
  journal.write();
  const failure = new AbortController();
  const either = AbortSignal.any(
    [failure.signal, ...(signal ? [signal] : [])],
  );
  const settled = await Promise.allSettled(launches.map(async (launch) => {
    try {
      const instance = await startOne(launch, report, either);
      journal.start(launch.plan.id).instance = instance;
      return instance;
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  }));
  const instances = settled.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
  journal.write();
  return instances;
}

async function startOne(
  launch: Launch,
  report: Report,
  signal: AbortSignal,
): Promise<Instance> {
  const took = stopwatch();
  const instance = await launch.instance(signal);
  await checkInstance(launch, instance, signal);
  const { process: { pid }, address } = instance;
  report({
    step: "start",
    subject: launch.plan.service.name,
    message: `started ${pid} on ${address}`,
    ms: took(),
  });
  return instance;
}
