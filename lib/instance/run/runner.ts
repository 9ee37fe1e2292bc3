import type { ServiceConfig } from "../../config/config.ts";
import type { Address } from "../../system/address.ts";
import type { ProcessId } from "../../system/process.ts";
import type { Instance, Stopping } from "../instance.ts";
import type { Plan } from "../plan.ts";

/**
 * What runs instances: zdd itself, an init system, a container engine. Nothing that uses
 * one asks which it is.
 */
export interface Runner {
  /** As the state records it. */
  readonly name: string;

  /** Whether it runs the instances of this service. */
  takes(service: ServiceConfig): boolean;

  /** @throws {ZddError} with exit status 2, if it can't run anything here. Asked before anything is started. */
  require?(services: ServiceConfig[]): void;

  /**
   * Gets what instances are made of, before any of them is begun: an image, for example.
   *
   * @throws {ZddError} if it can't be had.
   */
  prepare?(
    plans: readonly Plan[],
    tell: Tell,
    signal?: AbortSignal,
  ): Promise<void>;

  /** What it begins are no children of zdd's, and don't become any. */
  readonly isApart?: true;

  /** Begins an instance. @throws {ZddError} if that isn't possible. */
  begin(plan: Plan): Begun | Promise<Begun>;

  /**
   * The processes that the runner keeps together, in a control group for example, and so
   * are the instance's for certain; none if it keeps none together.
   */
  processes(instance: Ran): ProcessId[];

  /** Where the output of an instance is. */
  log(instance: Ran): Log;

  /** What people know it by there. */
  nameOf?(instance: Ran): { unit?: string; container?: string };

  /** An instance by a process that is marked with its id, when nothing else is known of it. */
  recognize?(id: string, process: ProcessId): Recognized | undefined;

  /** How often it was started again since it was begun. */
  restarts?(instance: Ran): number | undefined;

  /** Resident memory in bytes, where it knows more than the sum of the processes'. */
  memory?(instance: Ran): number | undefined;

  /**
   * Tells an instance to end, and doesn't wait until it has.
   *
   * @returns what tells it so; undefined: nothing was run
   * @throws {Deno.errors.PermissionDenied} if it may not be told.
   */
  stop(how: StopConfig, instance: Instance): StopCommand | undefined;

  /**
   * Removes what is left of instances that have ended, those of a state directory.
   *
   * @param known the ids of those that the state knows
   */
  tidy?(stateDir: string, known: ReadonlySet<string>): Promise<void>;

  /**
   * Removes what services were made of in some releases.
   *
   * @param tell hears of each that was removed, or why it wasn't
   */
  prune?(
    services: readonly ServiceConfig[],
    releases: readonly string[],
    tell: (what: string, problem?: string) => void,
  ): Promise<void>;

  /** Sees to it that what is killed next isn't started again, and that nothing is left of it. */
  kill?(instance: Ran): Promise<void>;
}

/** Hears of what takes a while: when it begins, and when it is done, how many ms it took. */
export type Tell = (service: string, what: string, ms?: number) => void;

/** What tells an instance to end. */
export interface StopCommand {
  /** Its exit status, once it has ended. */
  exited: Promise<number>;
  /** Its first process, which leads a session, if zdd has started one. */
  leader?: ProcessId;
}

/** What is needed to stop an instance. */
export type StopConfig =
  & Stopping
  & Pick<ServiceConfig, "name" | "log" | "env" | "inheritEnv" | "user">
  & Pick<ServiceConfig, "stateDir">;

/** What a runner knows an instance by, while it is being started and afterwards. */
export type Ran = Pick<Instance, "id" | "log" | "handle">;

/** What a runner knows of an instance that it has recognized. */
export interface Recognized {
  handle: string;
  /** The host of its address, if the runner gives it one. */
  host?: string;
}

/** An instance that was begun. */
export interface Begun {
  /** Its first process, which leads a session. */
  leader: ProcessId;
  /** What the runner knows it by: the name of a unit, of a container. */
  handle?: string;
  /** What stands in the instance for its log, if that isn't the file of the plan. */
  log?: string;
  /**
   * The exit status of the first process when that has ended and isn't started again;
   * 128 + the signal's number after a signal. What it left behind may go on.
   */
  exited: Promise<number>;
  /** What a failure calls it; the start command if undefined. */
  name?: string;
  /** The address that it was given, if it was. */
  address?: Address;
  /** When its first process has ended, all of it has. */
  isWhole?: true;
  /** The lines that it has printed since it was begun, the last 256 KB of them. */
  output(): string[] | Promise<string[]>;
  /** Where they come from: a file, a command. */
  source: string;
}

/** Where an instance's output is: in a file, or printed by a command. */
export type Log = { file: string } | {
  /** What the command prints as its complaints is the log, too. */
  both?: true;
  /**
   * @param lines how many of the last ones
   * @param follow goes on printing new ones
   * @param since no older ones, in the words of the command
   */
  command(lines: number, follow: boolean, since?: string): string[];
};
