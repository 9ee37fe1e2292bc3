import { type Address, parseAddress } from "../system/address.ts";
import { networkOf } from "../system/network.ts";
import type { Instance } from "./instance.ts";

/**
 * Where an instance listens: with the very socket that was there when it was started, or
 * the network namespace that it is in. Undefined if it is a worker, or if no zdd has written that.
 */
export function addressOf(
  { address, socketFile, process }:
    & Pick<Instance, "address">
    & Partial<Pick<Instance, "socketFile">>
    & { process: { pid: number } },
): Address | undefined {
  const parsed = address === undefined ? undefined : parseAddress(address);
  if (parsed === undefined) return undefined;
  return "path" in parsed
    ? { ...parsed, file: socketFile }
    : { ...parsed, network: networkOf(process.pid) };
}
