import type { Instance } from "../instance/instance.ts";
import type { Slots } from "../instance/slots.ts";
import type { Maintenance } from "../live/maintenance.ts";
import type { Loaded } from "../nginx/loaded.ts";
import type { ProcessId } from "../system/process.ts";

/** What zdd remembers between two runs. A state is never changed: the next one is made. */
export interface State {
  /** The deploy that was committed last, by its journal's id. */
  readonly deploy?: string;
  readonly services: Readonly<Record<string, ServiceState>>;
  readonly nginx?: NginxState;
  /** Clients are turned away, until they no longer shall be. */
  readonly maintenance?: Closed;
  /** The watch that the release which was deployed last is under. */
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
  /** The services whose instances before are kept as the standby until it ends. */
  readonly kept: readonly string[];
}

export interface ServiceState {
  /** The instances that serve. */
  readonly current: readonly Instance[];
  /** Those they replaced, kept running for a rollback. */
  readonly standby: readonly Instance[];
  /** A new release that gets a share of the requests. */
  readonly canary?: Canary;
  /** Those that don't serve any more and aren't known to be gone. */
  readonly retiring: readonly Retiring[];
  /** The addresses that zdd hands out to this service. */
  readonly slots?: Slots;
  /** The release that was stopped, and that `start` brings back. */
  readonly release?: string;
}

export interface Canary {
  readonly instances: readonly Instance[];
  /** Of the requests, 0 to 100. */
  readonly percent: number;
}

export interface Retiring {
  readonly instance: Instance;
  /** When it stopped serving; ISO 8601. */
  readonly since: string;
  /** It is a worker that may have been told to fetch no more jobs: it can't come back. */
  readonly told?: true;
  /** The stop command was run, and its time is over. */
  readonly stopSent?: true;
  /** Which stop command that was. Another one is tried in its place. */
  readonly stop?: string;
}

/** The nginx that has last been seen to use a configuration. */
export interface NginxState {
  readonly master: ProcessId;
  /** SHA-256 of the rendered file. */
  readonly hash: string;
  /** When it was started or reloaded; ISO 8601. */
  readonly since: string;
  /** The keys of the live links that this configuration asks for. */
  readonly links: readonly string[];
  /** By what it is seen that it still runs with that; earlier states don't have it. */
  readonly loaded?: Loaded;
}

/** The state before the first deploy. */
export const EMPTY_STATE: State = { services: {} };

const EMPTY_SERVICE: ServiceState = { current: [], standby: [], retiring: [] };

/** The state of a service; an empty one, if nothing is known of it. */
export function stateOf(
  { services }: Pick<State, "services">,
  name: string,
): ServiceState {
  return services[name] ?? EMPTY_SERVICE;
}

/** The state in which a service's is another. */
export function withService(
  state: State,
  name: string,
  own: ServiceState,
): State {
  return { ...state, services: { ...state.services, [name]: own } };
}

/** The state in which each service's is what `edit` makes of it. */
export function mapServices(
  state: State,
  edit: (own: ServiceState, name: string) => ServiceState,
): State {
  const services = Object.entries(state.services)
    .map(([name, own]) => [name, edit(own, name)]);
  return { ...state, services: Object.fromEntries(services) };
}

/** The state in which each instance is what `edit` makes of it; the same, if that changes none. */
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

/** Every instance of a service that may still run. */
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
