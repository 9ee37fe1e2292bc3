import type { Instance } from "../instance/instance.ts";
import {
  mapServices,
  type Retiring,
  type State,
  stateOf,
  withService,
} from "./state.ts";
import { inOrder, letGo } from "./transitions.ts";

// Transitions of the set of instances. As in transitions.ts, each function takes a state and
// returns the next one.

/**
 * Removes instances that have ended, including standbys. If one has left processes behind,
 * these are to be stopped.
 */
export function withoutEnded(
  state: State,
  isAlive: (instance: Instance) => boolean,
  isGone: (instance: Instance) => boolean = () => true,
): State {
  return mapServices(state, ({ canary, ...own }) => {
    const rest = [...own.current, ...own.standby, ...canary?.instances ?? []]
      .filter((instance) => !isAlive(instance) && !isGone(instance));
    const present = {
      ...own,
      current: own.current.filter(isAlive),
      standby: own.standby.filter(isAlive),
      ...canary && {
        canary: { ...canary, instances: canary.instances.filter(isAlive) },
      },
    };
    return rest.length === 0 ? present : letGo(present, rest);
  });
}

/** How many instances services should have. */
export interface Counts {
  readonly services: readonly { name: string; instances: number }[];
}

/**
 * Retires current and canary instances beyond the number that their services should have, and
 * drops their addresses. The same state if there are none.
 */
export function retireSurplus({ services }: Counts, state: State): State {
  return services.reduce((next, { name, instances: most }) => {
    const own = stateOf(next, name);
    const { current, canary } = own;
    const all = [...current, ...canary?.instances ?? []];
    const isSurplus = ({ number }: Instance) => number > most;
    const surplus = all.filter(isSurplus);
    if (surplus.length === 0) return next;
    const shrunk = all.map(({ slot }) => slot);
    const slots = own.slots && Object.fromEntries(
      Object.entries(own.slots).map(([slot, addresses]) => [
        slot,
        shrunk.some((one) => one === slot)
          ? addresses.slice(0, most)
          : addresses,
      ]),
    );
    const stays = (instance: Instance) => !isSurplus(instance);
    return withService(
      next,
      name,
      letGo({
        ...own,
        current: current.filter(stays),
        ...canary && {
          canary: { ...canary, instances: canary.instances.filter(stays) },
        },
        slots,
      }, surplus),
    );
  }, state);
}

/** Adds instances to the current ones of their services, in the order of their numbers. */
export function addCurrent(state: State, started: readonly Instance[]): State {
  return started.reduce((next, instance) => {
    const own = stateOf(next, instance.service);
    const current = inOrder([...own.current, instance]);
    return withService(next, instance.service, { ...own, current });
  }, state);
}

/** Adds instances to the canaries of their services. */
export function addToCanary(state: State, started: readonly Instance[]): State {
  return started.reduce((next, instance) => {
    const own = stateOf(next, instance.service);
    if (own.canary === undefined) return next;
    const instances = inOrder([...own.canary.instances, instance]);
    const canary = { ...own.canary, instances };
    return withService(next, instance.service, { ...own, canary });
  }, state);
}

/** Replaces a stopped current instance by another. */
export function withSuccessor(
  state: State,
  stopped: Instance,
  started: Instance,
): State {
  const own = stateOf(state, stopped.service);
  const current = own.current.map((one) =>
    one.id === stopped.id ? started : one
  );
  return withService(state, stopped.service, { ...own, current });
}

/** Removes retiring instances that were stopped before the switch. */
export function withoutStopped(
  state: State,
  stopped: readonly Instance[],
): State {
  const ids = stopped.map(({ id }) => id);
  return mapServices(state, (own) => ({
    ...own,
    retiring: own.retiring.filter(({ instance }) => !ids.includes(instance.id)),
  }));
}

/** Updates instances to their present processes: one that has become a daemon has another. */
export function withInstances(
  state: State,
  present: readonly Instance[],
): State {
  const byId = new Map(present.map((instance) => [instance.id, instance]));
  const update = (instance: Instance): Instance => {
    const { process, roots, users } = byId.get(instance.id) ?? instance;
    return { ...instance, process, roots, users };
  };
  return mapServices(state, (own) => ({
    ...own,
    current: own.current.map(update),
    standby: own.standby.map(update),
    ...own.canary && {
      canary: { ...own.canary, instances: own.canary.instances.map(update) },
    },
  }));
}

/** Marks instances as told to retire. */
export function withTold(
  state: State,
  isTold: (retiring: Retiring, name: string) => boolean,
): State {
  return mapServices(state, (own, name) => ({
    ...own,
    retiring: own.retiring.map((each) =>
      isTold(each, name) ? { ...each, told: true } : each
    ),
  }));
}

/** Adds an instance that never was current, and whose stop command was run, to the retiring ones. */
export function withLeft(
  state: State,
  instance: Instance,
  stop: string,
): State {
  const own = stateOf(state, instance.service);
  const since = new Date().toISOString();
  const left: Retiring = { instance, since, stopSent: true, stop };
  const retiring = [...own.retiring, left];
  return withService(state, instance.service, { ...own, retiring });
}

/** Replaces the retiring instances of a service. */
export function withRetiring(
  state: State,
  name: string,
  retiring: readonly Retiring[],
): State {
  return withService(state, name, { ...stateOf(state, name), retiring });
}
