import { holders, listeningInodes } from "../system/sockets.ts";
import { parseAddress } from "../system/address.ts";
import { otherProcesses, processTable } from "../system/process_table.ts";
import { SLOTS } from "../instance/slots.ts";
import { upstreamOf } from "../live/identifiers.ts";

/**
 * The processes that listen on the addresses in the upstreams of a service's slots. Nothing
 * proves that zdd started them.
 *
 * @param conf the text of the rendered file
 */
export function unknownServers(
  service: string,
  conf: string,
): { pid: number; address: string }[] {
  const names = SLOTS.map((slot) => upstreamOf(service, slot));
  const addresses = [...conf.matchAll(/\bupstream\s+(\S+)\s*\{([^}]*)\}/g)]
    .filter(([, name = ""]) => names.includes(name))
    .flatMap(([, , block = ""]) => [...block.matchAll(/\bserver\s+([^\s;]+)/g)])
    .flatMap(([, address]) => address ?? []);
  const notBefore = processTable.recently();
  const pids = otherProcesses({ notBefore }).map(({ pid }) => pid);
  return [...new Set(addresses)].flatMap((address) => {
    const parsed = parseAddress(address);
    const inodes = parsed === undefined ? [] : listeningInodes(parsed);
    const [pid] = inodes.length === 0 ? [] : holders(inodes, pids);
    return pid === undefined ? [] : [{ pid, address }];
  });
}
