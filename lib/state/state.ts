import type { Instance } from "../instance/instance.ts";
import { isSlots, type Slots } from "../instance/slots.ts";
import { messageOf, ZddError } from "../error.ts";
import { parseAddress } from "../system/address.ts";
import { isFile, readIfExists, writeAtomically } from "../system/files.ts";
import type { ProcessId } from "../system/process.ts";
import type { StateDir } from "./state_dir.ts";

/** What zdd remembers between two runs. */
export interface State {
  version: 1;
  /** The deploy that was committed last, by its journal's id. */
  deploy?: string;
  services: Record<string, ServiceState>;
  nginx?: NginxState;
}

export interface ServiceState {
  /** The instances that serve. */
  current: Instance[];
  /** Those they replaced, kept running for a rollback. */
  standby: Instance[];
  /** A new release that gets a share of the requests. */
  canary?: Canary;
  /** Those that don't serve any more and aren't known to be gone. */
  retiring: Retiring[];
  /** The addresses that zdd hands out to this service. */
  slots?: Slots;
}

export interface Canary {
  instances: Instance[];
  /** Of the requests, 0 to 100. */
  percent: number;
}

export interface Retiring {
  instance: Instance;
  /** When it stopped serving; ISO 8601. */
  since: string;
  /** The stop command was run, and its time is over. */
  stopSent?: true;
}

/** The nginx that has last been seen to use a configuration. */
export interface NginxState {
  master: ProcessId;
  /** SHA-256 of the rendered file. */
  hash: string;
  /** When it was started or reloaded; ISO 8601. */
  since: string;
  /** The keys of the live links that this configuration asks for. */
  links: string[];
}

/** An empty state, for the first deploy. */
export function emptyState(): State {
  return { version: 1, services: {} };
}

/** The state of a service, which is added if there is none. */
export function serviceState(state: State, name: string): ServiceState {
  return state.services[name] ??= { current: [], standby: [], retiring: [] };
}

/**
 * Reads the state. One that can't be understood is reported as `damaged`, with an
 * empty state in its place.
 *
 * @throws {ZddError} if there is a file that can't be read.
 */
export function readState(
  directory: StateDir,
): { state: State; damaged?: string; missing?: boolean } {
  try {
    const text = readIfExists(directory.state);
    if (text === undefined) return { state: emptyState(), missing: true };
    const value: unknown = JSON.parse(text);
    if (isState(value)) return { state: value };
    return { state: emptyState(), damaged: "not a state of version 1" };
  } catch (error) {
    if (error instanceof SyntaxError) {
      return { state: emptyState(), damaged: "not JSON" };
    }
    // What can't be read now, for want of descriptors for example, may be all right.
    if (isFile(directory.state)) {
      if (error instanceof ZddError) throw error;
      throw new ZddError(
        `Cannot read "${directory.state}": ${messageOf(error)}`,
        { cause: error },
      );
    }
    return { state: emptyState(), damaged: messageOf(error) };
  }
}

/** Puts a damaged state out of the way, where a person can look at it. Returns its new name. */
export function setStateAside(directory: StateDir): string {
  const time = new Date().toISOString().replace(/[-:]|\.\d+Z$/g, "");
  const unique = crypto.randomUUID().slice(0, 4);
  const aside = `${directory.state}.damaged-${time}-${unique}`;
  Deno.renameSync(directory.state, aside);
  return aside;
}

/** @throws {ZddError} if it can't be written; the old state is still there then. */
export function writeState(directory: StateDir, state: State): void {
  const text = JSON.stringify(state, undefined, 2) + "\n";
  writeAtomically(directory.state, text, { mode: 0o600, exactly: true });
}

type Json = Record<string, unknown>;

function isState(value: unknown): value is State {
  return isObject(value) && value.version === 1 && isObject(value.services) &&
    Object.values(value.services).every(isServiceState) &&
    isOptionalText(value.deploy) &&
    (value.nginx === undefined ||
      isObject(value.nginx) && isProcessId(value.nginx.master) &&
        typeof value.nginx.hash === "string" &&
        Array.isArray(value.nginx.links) &&
        value.nginx.links.every((link) => typeof link === "string"));
}

function isServiceState(value: unknown): boolean {
  return isObject(value) && areInstances(value.current) &&
    areInstances(value.standby) &&
    (value.canary === undefined ||
      isObject(value.canary) && areInstances(value.canary.instances) &&
        typeof value.canary.percent === "number") &&
    (value.slots === undefined || isSlots(value.slots)) &&
    Array.isArray(value.retiring) &&
    value.retiring.every((retiring) =>
      isObject(retiring) && isInstance(retiring.instance) &&
      typeof retiring.since === "string"
    );
}

function areInstances(value: unknown): boolean {
  return Array.isArray(value) && value.every(isInstance);
}

/** Whether a value that was read from a file is an instance. */
export function isInstance(value: unknown): value is Instance {
  return isObject(value) && isProcessId(value.process) &&
    typeof value.address === "string" &&
    parseAddress(value.address) !== undefined &&
    Number.isInteger(value.number) && Number(value.number) > 0 &&
    ["id", "service", "startedAt", "log"].every((key) =>
      typeof value[key] === "string"
    ) &&
    ["release", "setup", "pidFile", "portFile"].every((key) =>
      isOptionalText(value[key])
    ) &&
    (value.slot === undefined || value.slot === "a" || value.slot === "b");
}

/** Whether a value that was read from a file is a text or left out. */
export function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

/** Whether a value that was read from a file identifies a process. */
export function isProcessId(value: unknown): value is ProcessId {
  return isObject(value) && Number.isInteger(value.pid) &&
    Number(value.pid) > 1 && typeof value.startTime === "number" &&
    typeof value.boot === "string";
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
