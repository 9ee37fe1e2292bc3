import { type Address, parseAddress } from "../system/address.ts";
import { networkOf } from "../system/network.ts";
import type { Instance } from "./instance.ts";

/**
 * Where an instance listens, with the identity of its socket file or with its network
 * namespace. Undefined for a worker, or if the address can't be parsed.
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
