import type { Instance } from "../instance/instance.ts";
import type { Slots } from "../instance/slots.ts";
import type { Maintenance } from "../live/maintenance.ts";
import type { Loaded } from "../nginx/loaded.ts";
import type { ProcessId } from "../system/process.ts";

/** What zdd remembers between runs. Immutable: each change creates another state. */
export interface State {
  /** The journal id of the deploy that was committed last. */
  readonly deploy?: string;
  readonly services: Readonly<Record<string, ServiceState>>;
  readonly nginx?: NginxState;
  /** Set while clients are turned away. */
  readonly maintenance?: Closed;
  /** The watch of the release that was deployed last. */
  readonly watch?: Watch;
}

export interface Closed extends Maintenance {
  /** ISO 8601. */
  readonly since: string;
}

/** A zddeploy that watches a release and takes it back if it is worse. */
export interface Watch {
  readonly by: ProcessId;
  /** When the release went live; ISO 8601. */
  readonly since: string;
  /** The services whose previous instances are kept as the standby until it ends. */
  readonly kept: readonly string[];
}

export interface ServiceState {
  /** The instances that serve. */
  readonly current: readonly Instance[];
  /** The previous instances, kept running for a rollback. */
  readonly standby: readonly Instance[];
  /** A new release that gets a share of the requests. */
  readonly canary?: Canary;
  /** The instances that no longer serve and may still run. */
  readonly retiring: readonly Retiring[];
  /** The addresses that zdd assigns to this service. */
  readonly slots?: Slots;
  /** The release that was stopped, and that `start` starts again. */
  readonly release?: string;
}

export interface Canary {
  readonly instances: readonly Instance[];
  /** The share of the requests, 0 to 100. */
  readonly percent: number;
}

export interface Retiring {
  readonly instance: Instance;
  /** When it stopped serving; ISO 8601. */
  readonly since: string;
  /** It is a worker that may have been told to fetch no more jobs, so it can't serve again. */
  readonly told?: true;
  /** The stop command was run, and `stop_timeout` is over. */
  readonly stopSent?: true;
  /** That stop command. If it changes in deploy.conf, the new one is run too. */
  readonly stop?: string;
}

/** The nginx that was last confirmed to use a configuration. */
export interface NginxState {
  readonly master: ProcessId;
  /** SHA-256 of the rendered file. */
  readonly hash: string;
  /** When it was started or reloaded; ISO 8601. */
  readonly since: string;
  /** The keys of the live links that this configuration uses. */
  readonly links: readonly string[];
  /** How to see that it still uses that; earlier states don't have it. */
  readonly loaded?: Loaded;
}

/** The state before the first deploy. */
export const EMPTY_STATE: State = { services: {} };

const EMPTY_SERVICE: ServiceState = { current: [], standby: [], retiring: [] };

/** The state of a service; an empty one if it isn't recorded. */
export function stateOf(
  { services }: Pick<State, "services">,
  name: string,
): ServiceState {
  return services[name] ?? EMPTY_SERVICE;
}

/** Replaces the state of a service. */
export function withService(
  state: State,
  name: string,
  own: ServiceState,
): State {
  return { ...state, services: { ...state.services, [name]: own } };
}

/** Applies `edit` to the state of each service. */
export function mapServices(
  state: State,
  edit: (own: ServiceState, name: string) => ServiceState,
): State {
  const services = Object.entries(state.services)
    .map(([name, own]) => [name, edit(own, name)]);
  return { ...state, services: Object.fromEntries(services) };
}

/** Applies `edit` to each instance. Returns the same state if that changes none. */
export function mapInstances(
  state: State,
  edit: (instance: Instance) => Instance,
): State {
  let changed = false;
  const update = (instance: Instance): Instance => {
    const next = edit(instance);
    changed ||= next !== instance;
    return next;
  };
  const next = mapServices(state, (own) => ({
    ...own,
    current: own.current.map(update),
    standby: own.standby.map(update),
    ...own.canary && {
      canary: { ...own.canary, instances: own.canary.instances.map(update) },
    },
    retiring: own.retiring.map((retiring) => ({
      ...retiring,
      instance: update(retiring.instance),
    })),
  }));
  return changed ? next : state;
}

/** The ids of the instances that serve. */
export function servingIds({ services }: State): string[] {
  return Object.values(services).flatMap(({ current }) => current)
    .map(({ id }) => id);
}

/** All instances of a service that may still run. */
export function instancesOf(
  { current, standby, canary, retiring }: ServiceState,
): Instance[] {
  return [
    ...current,
    ...standby,
    ...canary?.instances ?? [],
    ...retiring.map(({ instance }) => instance),
  ];
}
