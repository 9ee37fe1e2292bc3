import type { Instance } from "../instance/instance.ts";
import type { Maintenance } from "../live/maintenance.ts";
import {
  mapServices,
  type Retiring,
  type ServiceState,
  type State,
  stateOf,
  withService,
} from "./state.ts";

// Who serves, who waits, who goes: each function takes a state and returns the next
// one. Nothing happens here; the deploy makes it happen.

/** The services that a change is about, and whether what they replace is kept. */
export interface Services {
  readonly services: readonly { name: string; standby: boolean }[];
}

/** New instances in the place of the current ones, which become the standby or go. */
export function replaceCurrent(
  config: Services,
  state: State,
  started: readonly Instance[],
): State {
  return ofServices(config, state, (own, name, standby) => {
    const instances = started.filter(({ service }) => service === name);
    return instances.length === 0 ? own : succeed(own, instances, standby);
  });
}

/** New instances beside the current ones, for a share of the requests. */
export function addCanary(
  config: Services,
  state: State,
  started: readonly Instance[],
  percent: number,
): State {
  return ofServices(config, state, (own, name) => {
    const instances = started.filter(({ service }) => service === name);
    if (instances.length === 0) return own;
    return { ...own, canary: { instances, percent } };
  });
}

/** Another share for every canary. */
export function setCanary(
  config: Services,
  state: State,
  percent: number,
): State {
  return ofServices(
    config,
    state,
    (own) =>
      own.canary === undefined
        ? own
        : { ...own, canary: { ...own.canary, percent } },
  );
}

/** Every canary in the place of the current instances. */
export function promoteCanary(config: Services, state: State): State {
  return ofServices(
    config,
    state,
    ({ canary, ...own }, _name, standby) =>
      canary === undefined ? own : succeed(own, canary.instances, standby),
  );
}

/** Every canary goes. */
export function abortCanary(config: Services, state: State): State {
  return ofServices(
    config,
    state,
    ({ canary, ...own }) => letGo(own, canary?.instances ?? []),
  );
}

/** Current and standby instances change places. */
export function swapStandby(config: Services, state: State): State {
  return ofServices(
    config,
    state,
    (own) =>
      own.standby.length === 0
        ? own
        : { ...own, current: own.standby, standby: own.current },
  );
}

/** Clients are turned away; the same state, if they are already, in the same way. */
export function closed(state: State, maintenance: Maintenance): State {
  const { since, ...present } = state.maintenance ?? {};
  if (since !== undefined && isEqual(present, maintenance)) return state;
  const now = new Date().toISOString();
  return { ...state, maintenance: { ...maintenance, since: since ?? now } };
}

/** Clients are let in. */
export function opened({ maintenance: _, ...state }: State): State {
  return state;
}

/** The release under watch stays: those that were kept for it go, unless they are a standby anyway. */
export function keepWatched(config: Services, state: State): State {
  const { watch, ...rest } = state;
  return ofServices(
    config,
    rest,
    (own, name, standby) =>
      standby || !watch?.kept.includes(name)
        ? own
        : letGo({ ...own, standby: [] }, own.standby),
  );
}

/** The release under watch goes: those that were kept for it serve again. */
export function takeBack(state: State): State {
  const { watch, ...rest } = state;
  return mapServices(
    rest,
    (own, name) =>
      watch?.kept.includes(name) && own.standby.length > 0
        ? letGo({ ...own, current: own.standby, standby: [] }, own.current)
        : own,
  );
}

/** Nobody serves any more, of these services. */
export function retireEverything(
  config: Services,
  state: State,
): State {
  return ofServices(
    config,
    { ...state, watch: undefined },
    ({ canary, ...own }) => {
      const { release } = own.current[0] ?? own;
      return letGo({ ...own, release, current: [], standby: [] }, [
        ...own.current,
        ...own.standby,
        ...canary?.instances ?? [],
      ]);
    },
  );
}

/**
 * The state in which the releases before serve again, of those of the services whose
 * current instances have all ended while older ones still run that were not told to
 * stop; a canary that has ended goes. The same state, if there is none to bring back.
 */
export function bringBack(
  state: State,
  services: readonly string[],
  isAlive: (instance: Instance) => boolean,
): State {
  return services.reduce((next, name) => {
    const own = stateOf(next, name);
    const earlier = broughtBack(own, isAlive);
    return earlier === own ? next : withService(next, name, earlier);
  }, state);
}

function broughtBack(
  own: ServiceState,
  isAlive: (instance: Instance) => boolean,
): ServiceState {
  const { canary, ...others } = own;
  if (canary !== undefined && !canary.instances.some(isAlive)) {
    return letGo(others, canary.instances);
  }
  if (own.current.length === 0 || own.current.some(isAlive)) return own;
  if (own.standby.some(isAlive)) {
    return letGo({ ...own, current: own.standby, standby: [] }, own.current);
  }
  // Those of the last switch, if they are all there.
  const since = own.retiring.at(-1)?.since;
  const last = own.retiring.filter((retiring) =>
    retiring.since === since && !retiring.stopSent && !retiring.told &&
    isAlive(retiring.instance)
  );
  if (last.length === 0) return own;
  const retiring = own.retiring.filter((each) => !last.includes(each));
  const current = inOrder(last.map(({ instance }) => instance));
  return letGo({ ...own, current, retiring }, own.current);
}

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

/** What `edit` makes of the state of each of these services, known before or not. */
function ofServices(
  { services }: Services,
  state: State,
  edit: (own: ServiceState, name: string, standby: boolean) => ServiceState,
): State {
  return services.reduce(
    (next, { name, standby }) =>
      withService(next, name, edit(stateOf(next, name), name, standby)),
    state,
  );
}

function succeed(
  own: ServiceState,
  instances: readonly Instance[],
  standby: boolean,
): ServiceState {
  const going = standby ? own.standby : [...own.standby, ...own.current];
  return {
    ...letGo(own, going),
    standby: standby ? own.current : [],
    current: instances,
    release: undefined,
  };
}

/** Instances that don't serve any more, to be drained and stopped. */
function letGo(
  own: ServiceState,
  instances: readonly Instance[],
): ServiceState {
  const since = new Date().toISOString();
  const going = instances.map((instance) => ({ instance, since }));
  return { ...own, retiring: [...own.retiring, ...going] };
}

function inOrder(instances: readonly Instance[]): Instance[] {
  return instances.toSorted((a, b) => a.number - b.number);
}

function isEqual(a: Partial<Maintenance>, b: Maintenance): boolean {
  return a.retryAfter === b.retryAfter && a.page?.kind === b.page.kind &&
    a.page.text === b.page.text &&
    a.allowed?.join() === b.allowed.join();
}
