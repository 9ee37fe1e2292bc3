import type { ServiceConfig } from "../../config/config.ts";
import { isAlive, isGone } from "../../instance/processes.ts";
import type { Instance } from "../../instance/instance.ts";
import { type ServiceState, type State, stateOf } from "../../state/state.ts";
import {
  addCurrent,
  addToCanary,
  retireSurplus,
  withoutEnded,
} from "../../state/instance_transitions.ts";
import { deploy } from "../deploy.ts";
import type { Outcome } from "../outcome.ts";
import { numbersOf, planStarts, type StartRequest } from "./plan_starts.ts";
import type { Project } from "../read.ts";
import { render } from "../render.ts";
import { runsAsDeployed } from "../reload_switch.ts";
import type { RunOptions } from "../run.ts";

/** The role of the missing instances. */
type Role = "current" | "canary";

/**
 * Starts everything that should run and doesn't, including nginx, and drains and stops
 * instances beyond `instances`. Touches nothing else that runs. For boot, cron and playbooks.
 *
 * @throws {ZddError} if something doesn't start; what ran before keeps running.
 */
export function startMissing(
  project: Project,
  options: RunOptions,
): Promise<Outcome> {
  const { config, nginx } = project;
  const plan = async (before: State) => {
    const alive = withoutEnded(before, isAlive, isGone);
    const present = retireSurplus(config, alive);
    const current = missing(config.services, before, present, "current");
    const canary = missing(config.services, before, present, "canary");
    const requests = [...current, ...canary];
    const isUp = nginx.master() !== undefined &&
      runsAsDeployed(project, before.nginx);
    if (requests.length === 0 && present === alive && isUp) {
      return undefined;
    }
    const { plans, state } = await planStarts(
      config,
      requests,
      present,
      () => render(project, present).text,
    );
    const ofCurrent = current.flatMap(({ numbers }) => numbers).length;
    const next = (started: readonly Instance[]) =>
      addToCanary(
        addCurrent(state, started.slice(0, ofCurrent)),
        started.slice(ofCurrent),
      );
    return { starts: plans, next };
  };
  return deploy(project, { command: "start", plan }, options);
}

/** Requests the instances of services that don't run, in the slots where they ran. */
export function missing(
  services: readonly ServiceConfig[],
  before: State,
  present: State,
  role: Role,
): StartRequest[] {
  return services.flatMap((service) => {
    const earlier = stateOf(before, service.name);
    if (role === "canary" && earlier.canary === undefined) return [];
    const running = inRole(stateOf(present, service.name), role)
      .map(({ number }) => number);
    const numbers = numbersOf(service)
      .filter((number) => !running.includes(number));
    const [first] = inRole(earlier, role);
    const slot = first?.slot ?? "a";
    // They are started with the release that ran before.
    const { release } = first ?? earlier;
    return numbers.length === 0 ? [] : [{ service, slot, numbers, release }];
  });
}

function inRole(own: ServiceState, role: Role): readonly Instance[] {
  return role === "current" ? own.current : own.canary?.instances ?? [];
}
