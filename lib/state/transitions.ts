import type { Instance } from "../instance/instance.ts";
import type { Maintenance } from "../live/maintenance.ts";
import {
  mapServices,
  type ServiceState,
  type State,
  stateOf,
  withService,
} from "./state.ts";

// Transitions between serving, standby, canary and retiring: each function takes a state and
// returns the next one. They are pure; the deploy carries them out.

/** The services of a change, and whether they keep their previous instances as a standby. */
export interface Services {
  readonly services: readonly { name: string; standby: boolean }[];
}

/** Replaces current instances by new ones. The old ones become the standby or retire. */
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

/** Adds new instances as a canary with a share of the requests. */
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

/** Changes the share of all canaries. */
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

/** Replaces the current instances by the canaries. */
export function promoteCanary(config: Services, state: State): State {
  return ofServices(
    config,
    state,
    ({ canary, ...own }, _name, standby) =>
      canary === undefined ? own : succeed(own, canary.instances, standby),
  );
}

/** Retires all canaries. */
export function abortCanary(config: Services, state: State): State {
  return ofServices(config, state, withoutCanary);
}

/** Exchanges current and standby instances. */
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

/** Turns clients away. The same state if they already are, in the same way. */
export function closed(state: State, maintenance: Maintenance): State {
  const { since, ...present } = state.maintenance ?? {};
  if (since !== undefined && isEqual(present, maintenance)) return state;
  const now = new Date().toISOString();
  return { ...state, maintenance: { ...maintenance, since: since ?? now } };
}

/** Lets clients in. */
export function opened({ maintenance: _, ...state }: State): State {
  return state;
}

/**
 * Ends a watch and keeps the release. The instances kept for the watch retire, unless the
 * service keeps a standby anyway.
 */
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

/** Ends a watch and takes the release back. The instances kept for the watch serve again. */
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

/** Retires all instances of these services. */
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
 * Puts previous instances back in service, for services whose current instances have all
 * ended while previous ones still run that weren't told to stop. Retires a canary that has
 * ended. If the release is under watch, takes it back in all services. The same state if
 * nothing is brought back.
 */
export function bringBack(
  state: State,
  services: readonly string[],
  isAlive: (instance: Instance) => boolean,
): State {
  const earlier = services.reduce((next, name) => {
    const own = stateOf(next, name);
    const earlier = broughtBack(own, isAlive);
    return earlier === own ? next : withService(next, name, earlier);
  }, state);
  return earlier === state || state.watch === undefined
    ? earlier
    : takeBack(mapServices(earlier, withoutCanary));
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
  // The instances that were replaced by the last switch.
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

/** Applies `edit` to the state of each of these services, recorded before or not. */
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

function withoutCanary({ canary, ...own }: ServiceState): ServiceState {
  return letGo(own, canary?.instances ?? []);
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

/** Adds instances to the retiring ones, which are drained and stopped. */
export function letGo(
  own: ServiceState,
  instances: readonly Instance[],
): ServiceState {
  const since = new Date().toISOString();
  const going = instances.map((instance) => ({ instance, since }));
  return { ...own, retiring: [...own.retiring, ...going] };
}

/** Sorts instances by their numbers. */
export function inOrder(instances: readonly Instance[]): Instance[] {
  return instances.toSorted((a, b) => a.number - b.number);
}

function isEqual(a: Partial<Maintenance>, b: Maintenance): boolean {
  return a.retryAfter === b.retryAfter && a.page?.kind === b.page.kind &&
    a.page.text === b.page.text &&
    a.allowed?.join() === b.allowed.join();
}
