import type { ServiceConfig } from "../config/config.ts";
import type { Instance } from "../instance/instance.ts";
import { isRunning } from "../system/process.ts";
import { change, type ChangeOptions, type ChangeResult } from "./change.ts";
import type { Project } from "./read.ts";
import { numbersOf, planStarts, type StartRequest } from "./start.ts";
import { serviceState, type State } from "../state/state.ts";

/**
 * Starts whatever should run and doesn't, nginx included, and touches nothing that
 * does: for boot, cron and playbooks. Nothing happens if all is well.
 *
 * @throws {ZddError} if something doesn't start; what ran before runs on.
 */
export function startMissing(
  project: Project,
  options: ChangeOptions,
): Promise<ChangeResult> {
  const { config, nginx } = project;
  return change("start", project, options, async (before) => {
    const present = forgetDead(before);
    const current = config.services.map((service) =>
      missing(service, present, before, "current")
    );
    const canaries = config.services.map((service) =>
      missing(service, present, before, "canary")
    );
    const requests = [...current, ...canaries]
      .filter(({ numbers }) => numbers.length > 0);
    if (requests.length === 0 && nginx.master() !== undefined) {
      return undefined;
    }
    const { plans, state } = await planStarts(config, requests, present);
    const ofCanary = canaries.reduce(
      (sum, { numbers }) => sum + numbers.length,
      0,
    );
    const firstCanary = plans.length - ofCanary;
    return {
      plans,
      next: (started) =>
        add(state, {
          before,
          current: started.slice(0, firstCanary),
          canaries: started.slice(firstCanary),
        }),
    };
  });
}

/** The state without the instances that don't run. A standby that has ended is no use any more. */
function forgetDead(state: State): State {
  const present = structuredClone(state);
  for (const own of Object.values(present.services)) {
    own.current = own.current.filter(runs);
    own.standby = own.standby.filter(runs);
    if (own.canary) own.canary.instances = own.canary.instances.filter(runs);
  }
  return present;
}

/** Those of a service's instances that don't run, to be started where they were. */
function missing(
  service: ServiceConfig,
  present: State,
  before: State,
  role: "current" | "canary",
): StartRequest {
  const of = (state: State): Instance[] => {
    const own = serviceState(state, service.name);
    return role === "current" ? own.current : own.canary?.instances ?? [];
  };
  const wanted = role === "current" ||
    serviceState(before, service.name).canary !== undefined;
  const running = of(present).map(({ number }) => number);
  return {
    service,
    slot: of(before)[0]?.slot ?? "a",
    numbers: wanted
      ? numbersOf(service).filter((number) => !running.includes(number))
      : [],
  };
}

/** Adds started instances to those that ran; they are of the release that was there before. */
function add(
  state: State,
  { before, current, canaries }: {
    before: State;
    current: Instance[];
    canaries: Instance[];
  },
): State {
  const next = structuredClone(state);
  for (const instance of current) {
    const own = serviceState(next, instance.service);
    const [old] = serviceState(before, instance.service).current;
    own.current = inOrder([
      ...own.current,
      { ...instance, release: old?.release },
    ]);
  }
  for (const instance of canaries) {
    const { canary } = serviceState(next, instance.service);
    const old = serviceState(before, instance.service).canary?.instances[0];
    if (canary === undefined) continue;
    canary.instances = inOrder([
      ...canary.instances,
      { ...instance, release: old?.release },
    ]);
  }
  return next;
}

function inOrder(instances: Instance[]): Instance[] {
  return instances.toSorted((a, b) => a.number - b.number);
}

function runs({ process }: Instance): boolean {
  return isRunning(process);
}
