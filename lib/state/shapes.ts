import type { Instance } from "../instance/instance.ts";
import { isSlots, SLOTS } from "../instance/slots.ts";
import { isAllowable } from "../live/allowed.ts";
import { PAGE_KINDS } from "../live/maintenance.ts";
import { parseAddress } from "../system/address.ts";
import type { ProcessId } from "../system/process.ts";
import type { State } from "./state.ts";

// Checks that values read from a file have the shape that zdd writes.

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a string or undefined. */
export function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

/** Whether a value identifies a process. */
export function isProcessId(value: unknown): value is ProcessId {
  return isObject(value) && Number.isInteger(value.pid) &&
    Number(value.pid) > 1 && typeof value.startTime === "number" &&
    typeof value.boot === "string";
}

/** Whether a value is an instance. */
export function isInstance(value: unknown): value is Instance {
  return isObject(value) && isProcessId(value.process) &&
    (value.address === undefined && hasNoPlace(value) ||
      typeof value.address === "string" &&
        parseAddress(value.address) !== undefined) &&
    Number.isInteger(value.number) && Number(value.number) > 0 &&
    ["id", "service", "startedAt", "log"].every((key) =>
      typeof value[key] === "string"
    ) &&
    [
      "release",
      "fingerprint",
      "pidFile",
      "portFile",
      "runner",
      "handle",
      "socketFile",
      "command",
      "cwd",
    ].every(
      (key) => isOptionalText(value[key]),
    ) &&
    (value.leader === undefined || isProcessId(value.leader)) &&
    isOptionalList(value.roots, isProcessId) &&
    isOptionalList(value.users, (user) => Number.isInteger(user)) &&
    isOptionalList(value.sockets, (inode) => typeof inode === "string") &&
    (value.slot === undefined || SLOTS.some((slot) => slot === value.slot)) &&
    (value.stopping === undefined || isStopping(value.stopping));
}

/** Whether an instance has nothing that implies an address. */
function hasNoPlace({ slot, portFile, socketFile, sockets }: Json): boolean {
  return [slot, portFile, socketFile, sockets].every((trace) =>
    trace === undefined
  );
}

/** Whether a value is a list of such items or undefined. */
export function isOptionalList(
  value: unknown,
  isItem: (item: unknown) => boolean,
): boolean {
  return value === undefined || Array.isArray(value) && value.every(isItem);
}

/** Whether a value is a state of the present version. */
export function isState(value: unknown): value is State {
  return isObject(value) && isObject(value.services) &&
    Object.values(value.services).every(isServiceState) &&
    isOptionalText(value.deploy) &&
    (value.maintenance === undefined || isClosed(value.maintenance)) &&
    (value.watch === undefined ||
      isObject(value.watch) && isProcessId(value.watch.by) &&
        typeof value.watch.since === "string" &&
        Array.isArray(value.watch.kept) &&
        value.watch.kept.every((name) => typeof name === "string")) &&
    (value.nginx === undefined ||
      isObject(value.nginx) && isProcessId(value.nginx.master) &&
        typeof value.nginx.hash === "string" &&
        typeof value.nginx.since === "string" &&
        Array.isArray(value.nginx.links) &&
        value.nginx.links.every((link) => typeof link === "string") &&
        (value.nginx.loaded === undefined || isLoaded(value.nginx.loaded)));
}

function isClosed(value: unknown): boolean {
  return isObject(value) && typeof value.since === "string" &&
    Number.isInteger(value.retryAfter) && Number(value.retryAfter) >= 0 &&
    Array.isArray(value.allowed) &&
    value.allowed.every((one) => typeof one === "string" && isAllowable(one)) &&
    isObject(value.page) && typeof value.page.text === "string" &&
    PAGE_KINDS.some((kind) => isObject(value.page) && kind === value.page.kind);
}

function isLoaded(value: unknown): boolean {
  return isObject(value) && typeof value.file === "string" &&
    Array.isArray(value.workers) && value.workers.every(isProcessId);
}

function isServiceState(value: unknown): boolean {
  return isObject(value) && areInstances(value.current) &&
    areInstances(value.standby) &&
    (value.canary === undefined ||
      isObject(value.canary) && areInstances(value.canary.instances) &&
        typeof value.canary.percent === "number") &&
    (value.slots === undefined || isSlots(value.slots)) &&
    isOptionalText(value.release) &&
    Array.isArray(value.retiring) &&
    value.retiring.every((retiring) =>
      isObject(retiring) && isInstance(retiring.instance) &&
      typeof retiring.since === "string" &&
      (retiring.told === undefined || retiring.told === true)
    );
}

function areInstances(value: unknown): boolean {
  return Array.isArray(value) && value.every(isInstance);
}

function isStopping(value: unknown): boolean {
  return isObject(value) && typeof value.stop === "string" &&
    typeof value.cwd === "string" &&
    ["drainTimeout", "stopTimeout"].every((key) =>
      typeof value[key] === "number"
    ) &&
    isOptionalText(value.retire) &&
    (value.killAfter === undefined || typeof value.killAfter === "number");
}
