import type { Instance } from "../instance/instance.ts";
import {
  mapServices,
  type Retiring,
  type State,
  stateOf,
  withService,
} from "./state.ts";
import { inOrder, letGo } from "./transitions.ts";

// Which instances there are: as in transitions.ts, each function takes a state and returns
// the next one.

/**
 * The state without the instances that have ended. A standby that has ended is no use any
 * more. What some have left behind is to be stopped.
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

/** How many instances services have. */
export interface Counts {
  readonly services: readonly { name: string; instances: number }[];
}

/**
 * The state in which the current instances and those of the canary are no more than their
 * services have by now; the others go, and their addresses with them. The same state if
 * none is too many.
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

/** Instances beside the current ones of their services, in the order of their numbers. */
export function addCurrent(state: State, started: readonly Instance[]): State {
  return started.reduce((next, instance) => {
    const own = stateOf(next, instance.service);
    const current = inOrder([...own.current, instance]);
    return withService(next, instance.service, { ...own, current });
  }, state);
}

/** Instances beside those of the canaries of their services. */
export function addToCanary(state: State, started: readonly Instance[]): State {
  return started.reduce((next, instance) => {
    const own = stateOf(next, instance.service);
    if (own.canary === undefined) return next;
    const instances = inOrder([...own.canary.instances, instance]);
    const canary = { ...own.canary, instances };
    return withService(next, instance.service, { ...own, canary });
  }, state);
}

/** An instance in the place of a current one that was stopped. */
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

/** The state without instances that were stopped before the switch. */
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

/** New instances as they are now: one that has made itself a daemon is another process. */
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

/** The state in which it is known of these instances that they were told to retire. */
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

/** The state in which an instance is left to end, which never was current. */
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

/** The state in which only these instances of a service are still to go. */
export function withRetiring(
  state: State,
  name: string,
  retiring: readonly Retiring[],
): State {
  return withService(state, name, { ...stateOf(state, name), retiring });
}
