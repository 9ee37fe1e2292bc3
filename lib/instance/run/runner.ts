import type { ServiceConfig } from "../../config/config.ts";
import type { Address } from "../../system/address.ts";
import type { ProcessId } from "../../system/process.ts";
import type { Instance, Stopping } from "../instance.ts";
import type { Plan } from "../plan.ts";

/**
 * Runs instances: zdd itself, an init system or a container engine. Code that uses a runner
 * doesn't ask which one it is.
 */
export interface Runner {
  /** The name recorded in the state. */
  readonly name: string;

  /** Whether it runs the instances of this service. */
  takes(service: ServiceConfig): boolean;

  /**
   * Called before anything is started.
   *
   * @throws {ZddError} with exit status 2, if it can't run anything here.
   */
  require?(services: ServiceConfig[]): void;

  /**
   * Gets what instances need before any of them is started, such as an image.
   *
   * @throws {ZddError} if that fails.
   */
  prepare?(
    plans: readonly Plan[],
    tell: Tell,
    signal?: AbortSignal,
  ): Promise<void>;

  /** Set if its processes aren't children of zdd, and never become any. */
  readonly isApart?: true;

  /** Starts an instance. @throws {ZddError} if that fails. */
  begin(plan: Plan): Begun | Promise<Begun>;

  /**
   * The processes that certainly belong to the instance because the runner keeps them
   * together, for example in a control group; none if it doesn't.
   */
  processes(instance: Ran): ProcessId[];

  /** Where the output of an instance is. */
  log(instance: Ran): Log;

  /** The name that people know it by in this runner. */
  nameOf?(instance: Ran): { unit?: string; container?: string };

  /** Recognizes an instance of which only a process marked with its id is known. */
  recognize?(id: string, process: ProcessId): Recognized | undefined;

  /** How often it was restarted. */
  restarts?(instance: Ran): number | undefined;

  /** Resident memory in bytes, if it knows better than the sum of the processes. */
  memory?(instance: Ran): number | undefined;

  /**
   * Tells an instance to end, without waiting for it.
   *
   * @returns the command that tells it; undefined if no command was run
   * @throws {Deno.errors.PermissionDenied} if zdd may not signal it.
   */
  stop(how: StopConfig, instance: Instance): StopCommand | undefined;

  /**
   * Removes what is left of ended instances of a state directory.
   *
   * @param known the ids of the instances in the state
   */
  tidy?(stateDir: string, known: ReadonlySet<string>): Promise<void>;

  /**
   * Removes what services needed in some releases, such as images.
   *
   * @param tell called for each thing removed, or with the reason if it wasn't
   */
  prune?(
    services: readonly ServiceConfig[],
    releases: readonly string[],
    tell: (what: string, problem?: string) => void,
  ): Promise<void>;

  /** Makes sure that an instance isn't restarted and that nothing is left of it. */
  kill?(instance: Ran): Promise<void>;
}

/** Called when something slow begins, and when it is done, with how many ms it took. */
export type Tell = (service: string, what: string, ms?: number) => void;

/** A command that tells an instance to end. */
export interface StopCommand {
  /** Its exit status, once it has ended. */
  exited: Promise<number>;
  /** Its first process, which leads a session, if zdd started one. */
  leader?: ProcessId;
}

/** What is needed to stop an instance. */
export type StopConfig =
  & Stopping
  & Pick<
    ServiceConfig,
    "name" | "log" | "env" | "inheritEnv" | "user" | "stateDir"
  >;

/** What identifies an instance for a runner, both while it is being started and afterwards. */
export type Ran = Pick<Instance, "id" | "log" | "handle">;

/** What a runner knows about an instance that it has recognized. */
export interface Recognized {
  handle: string;
  /** The host of its address, if the runner gives it one. */
  host?: string;
}

/** An instance that was started. */
export interface Begun {
  /** Its first process, which leads a session. */
  leader: ProcessId;
  /** What identifies it for the runner: a control group or a container's id. */
  handle?: string;
  /** The log to record in the instance, if that isn't the file of the plan. */
  log?: string;
  /**
   * The exit status of the first process when it has ended; 128 + the signal's number after
   * a signal. Other processes may still run.
   */
  exited: Promise<number>;
  /** Its name in a failure; the start command if undefined. */
  name?: string;
  /** The address that the runner assigned, if any. */
  address?: Address;
  /** Set if all its processes end with the first one. */
  isWhole?: true;
  /** The last lines that it printed since it was started, up to 256 KB of them. */
  output(): string[] | Promise<string[]>;
  /** Where the lines come from: a file or a command. */
  source: string;
}

/** Where an instance's output is: in a file, or printed by a command. */
export type Log = { file: string } | {
  /** Whether the command's standard error is part of the log, too. */
  both?: true;
  /**
   * @param lines how many of the last lines
   * @param follow whether to keep printing new lines
   * @param since the earliest time, in the command's own format
   */
  command(lines: number, follow: boolean, since?: string): string[];
};
