import { parseAddress } from "../system/address.ts";
import { hasAddress, networkOf } from "../system/network.ts";
import { isRunning, memoryOfAll, type ProcessId } from "../system/process.ts";
import { holders, listeningInodes } from "../system/sockets.ts";
import type { Instance } from "./instance.ts";
import { ProcessSet, type Traces } from "./process_set.ts";
import { runnerOf } from "./run/runners.ts";
import { topmost } from "./topmost.ts";

/** Whether an instance still runs: in its process, or in another that serves on its address. */
export function isAlive(instance: Instance): boolean {
  return follow(instance) !== undefined;
}

/** The processes of an instance that run now, whether it serves or not. */
export function processesOf(instance: Traces): ProcessId[] {
  return ProcessSet.of(instance).look();
}

/** Whether none of the processes of an instance is left. */
export function isGone(instance: Instance): boolean {
  return !isRunning(instance.process) && processesOf(instance).length === 0;
}

/**
 * An instance as it is now. One that was started again, or re-executed itself, goes on in
 * another process; undefined if none of its processes serves on its address.
 */
export function follow(instance: Instance): Instance | undefined {
  if (isRunning(instance.process)) return instance;
  const address = parseAddress(instance.address);
  const own = processesOf(instance);
  const [first] = own;
  if (address === undefined || first === undefined) return undefined;
  const network = networkOf(first.pid);
  // A container that was started again may have been given another address.
  const isMoved = network !== undefined && "host" in address &&
    !hasAddress(network, address.host);
  if (isMoved) return undefined;
  const serving = holders(
    listeningInodes({ ...address, network }),
    own.map(({ pid }) => pid),
  );
  const process = topmost(own, serving, instance.leader);
  return process && { ...instance, process };
}

/** The memory of all processes of an instance, in bytes; what they share counts once. */
export function memoryOf(instance: Instance): number {
  return runnerOf(instance).memory?.(instance) ??
    memoryOfAll(
      ProcessSet.of(instance).look({ fresh: false }).map(({ pid }) => pid),
    );
}
