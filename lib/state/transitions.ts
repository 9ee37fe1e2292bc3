import type { Config } from "../config/config.ts";
import type { Instance } from "../instance/instance.ts";
import { type ServiceState, serviceState, type State } from "./state.ts";

// Who serves, who waits, who goes: each function takes a state and returns the next
// one. Nothing happens here; applying the next state to nginx does that.

/** New instances in the place of the current ones, which become the standby or go. */
export function replaceCurrent(
  config: Config,
  state: State,
  started: Instance[],
): State {
  return change(config, state, (own, name, standby) => {
    const instances = started.filter(({ service }) => service === name);
    if (instances.length > 0) succeed(own, instances, standby);
  });
}

/** New instances beside the current ones, for a share of the requests. */
export function addCanary(
  config: Config,
  state: State,
  started: Instance[],
  percent: number,
): State {
  return change(config, state, (own, name) => {
    const instances = started.filter(({ service }) => service === name);
    if (instances.length > 0) own.canary = { instances, percent };
  });
}

/** Another share for every canary. */
export function setCanary(
  config: Config,
  state: State,
  percent: number,
): State {
  return change(config, state, ({ canary }) => {
    if (canary !== undefined) canary.percent = percent;
  });
}

/** Every canary in the place of the current instances. */
export function promoteCanary(config: Config, state: State): State {
  return change(config, state, (own, _name, standby) => {
    const { canary } = own;
    own.canary = undefined;
    if (canary !== undefined) succeed(own, canary.instances, standby);
  });
}

/** Every canary goes. */
export function abortCanary(config: Config, state: State): State {
  return change(config, state, (own) => {
    if (own.canary !== undefined) retire(own, own.canary.instances);
    own.canary = undefined;
  });
}

/** Current and standby instances change places. */
export function swapStandby(config: Config, state: State): State {
  return change(config, state, (own) => {
    if (own.standby.length === 0) return;
    [own.current, own.standby] = [own.standby, own.current];
  });
}

/** New instances as they are now: one that has made itself a daemon is another process. */
export function withInstances(state: State, present: Instance[]): State {
  const next = structuredClone(state);
  for (const { current, canary } of Object.values(next.services)) {
    for (const instance of [...current, ...canary?.instances ?? []]) {
      const same = present.find(({ id }) => id === instance.id);
      instance.process = same?.process ?? instance.process;
    }
  }
  return next;
}

/** No standby any more. */
export function retireStandby(config: Config, state: State): State {
  return change(config, state, (own) => {
    retire(own, own.standby);
    own.standby = [];
  });
}

/** Nobody serves any more. */
export function retireEverything(config: Config, state: State): State {
  return change(config, state, (own) => {
    retire(own, own.current);
    retire(own, own.standby);
    retire(own, own.canary?.instances ?? []);
    own.current = [];
    own.standby = [];
    own.canary = undefined;
  });
}

/** Runs `edit` on the state of every service, in a copy of the whole. */
function change(
  config: Config,
  state: State,
  edit: (own: ServiceState, name: string, standby: boolean) => void,
): State {
  const next = structuredClone(state);
  for (const { name, standby } of config.services) {
    edit(serviceState(next, name), name, standby);
  }
  return next;
}

function succeed(
  own: ServiceState,
  instances: Instance[],
  standby: boolean,
): void {
  retire(own, own.standby);
  if (!standby) retire(own, own.current);
  own.standby = standby ? own.current : [];
  own.current = instances;
}

/** Instances that don't serve any more, to be drained and stopped. */
function retire(own: ServiceState, instances: Instance[]): void {
  const since = new Date().toISOString();
  own.retiring.push(...instances.map((instance) => ({ instance, since })));
}
