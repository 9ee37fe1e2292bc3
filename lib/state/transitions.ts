import type { Instance } from "../instance/instance.ts";
import type { Maintenance } from "../live/maintenance.ts";
import {
  mapServices,
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
  return ofServices(config, state, withoutCanary);
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
 * stop; a canary that has ended goes. If the release is under watch, all of it goes back.
 * The same state, if there is none to bring back.
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

/** Instances that don't serve any more, to be drained and stopped. */
export function letGo(
  own: ServiceState,
  instances: readonly Instance[],
): ServiceState {
  const since = new Date().toISOString();
  const going = instances.map((instance) => ({ instance, since }));
  return { ...own, retiring: [...own.retiring, ...going] };
}

/** In the order of their numbers. */
export function inOrder(instances: readonly Instance[]): Instance[] {
  return instances.toSorted((a, b) => a.number - b.number);
}

function isEqual(a: Partial<Maintenance>, b: Maintenance): boolean {
  return a.retryAfter === b.retryAfter && a.page?.kind === b.page.kind &&
    a.page.text === b.page.text &&
    a.allowed?.join() === b.allowed.join();
}
