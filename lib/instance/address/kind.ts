import type { ServiceConfig } from "../../config/config.ts";
import type { Address } from "../../system/address.ts";
import type { ProcessId } from "../../system/process.ts";

/** How the instances of a service get their address: a kind of `port`. */
export interface AddressKind {
  /**
   * The address assigned to a new instance; undefined if it chooses its own.
   *
   * @param handedOut the address from its slot, if the service has slots
   */
  plan(service: ServiceConfig, handedOut?: Address): Address | undefined;

  /** Prepares to find where an instance listens. Called before it is started. */
  locator(sought: Sought): Locator;

  /**
   * Checks an instance again before it goes live.
   *
   * @param pids of its processes
   * @throws {ZddError} if its address isn't certain any more.
   */
  confirm?(sought: Sought, pids: number[]): void;

  /** Whether the service speaks HTTP unless deploy.conf says otherwise. */
  isHttp: boolean;

  /** What to check if the instance isn't listening; undefined for a worker. */
  hint?: string;

  /** Makes sure that nginx can connect to an address. */
  open?(address: Address): void;
}

/** An instance that is about to be started, such as a plan. */
export interface Sought {
  id: string;
  service: ServiceConfig;
  pidFile?: string;
  /** The address assigned to it. */
  address?: Address;
}

/** Looks for an instance that is being started. Returns it, or what is missing. */
export interface Locator {
  /** @throws {ZddError} if a file makes no sense; it may be half written. */
  look(start: Started): Located | string;
}

/** What a start command has started. */
export interface Started {
  /** The process of the command. */
  leader: ProcessId;
  /** The address assigned by the runner. */
  address?: Address;
  /** Its exit status, once it has ended. */
  status?: number;
  /** The known processes that still run; undefined if there may be others. This is fast. */
  known(): ProcessId[] | undefined;
  /** All its running processes. */
  processes(): ProcessId[];
  /** Its processes as they were a moment ago; one that was just forked may be missing. */
  glance(): ProcessId[];
  /** Whether a process that the service names was started by the command. */
  isOurs(process: ProcessId): boolean;
}

/** Where an instance was found. */
export interface Located {
  process: ProcessId;
  /** Undefined for a worker. */
  address?: Address;
  portFile?: string;
}
