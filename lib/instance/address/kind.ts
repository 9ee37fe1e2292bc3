import type { ServiceConfig } from "../../config/config.ts";
import type { Address } from "../../system/address.ts";
import type { ProcessId } from "../../system/process.ts";

/** How the instances of a service come by their address: a kind of `port`. */
export interface AddressKind {
  /**
   * The address that a new instance is told; undefined if it chooses one.
   *
   * @param handedOut the one of its slot, if the service has slots
   */
  plan(service: ServiceConfig, handedOut?: Address): Address | undefined;

  /** Begins to look for where an instance listens, before it is started. */
  locator(sought: Sought): Locator;

  /**
   * Looks once more at an instance that is about to be put live.
   *
   * @param pids of its processes
   * @throws {ZddError} if its address isn't certain any more.
   */
  confirm?(sought: Sought, pids: number[]): void;

  /** Whether what listens there is HTTP unless deploy.conf says otherwise. */
  isHttp: boolean;

  /** What to look at if it is told where to listen and doesn't; a worker is told nothing. */
  hint?: string;

  /** Does what must be done before nginx can connect to an address. */
  open?(address: Address): void;
}

/** An instance that is about to be started; a plan is one. */
export interface Sought {
  id: string;
  service: ServiceConfig;
  pidFile?: string;
  /** The address that it is told. */
  address?: Address;
}

/** Looks for an instance that is being started: finds it, or tells what is missing. */
export interface Locator {
  /** @throws {ZddError} while what it sees makes no sense; it may be half written. */
  look(start: Started): Located | string;
}

/** What a start command has brought about. */
export interface Started {
  /** The process of the command. */
  leader: ProcessId;
  /** The address that its runner has given it. */
  address?: Address;
  /** Its exit status, once it has ended. */
  status?: number;
  /** Those of its processes that were seen and still run, if they are all; that costs little. */
  known(): ProcessId[] | undefined;
  /**
   * Those of its processes that run.
   *
   * @param fresh looks anew, where one that has just been forked must not be missed
   */
  processes(fresh: boolean): ProcessId[];
  /** Whether a process that the service names is one that it brought about. */
  isOurs(process: ProcessId): boolean;
}

/** Where an instance was found. */
export interface Located {
  process: ProcessId;
  /** A worker has none. */
  address?: Address;
  portFile?: string;
}
