import { holders, listeningInodes } from "../system/sockets.ts";
import { parseAddress } from "../system/address.ts";
import { otherProcesses } from "../system/process_table.ts";
import { SLOTS } from "../instance/slots.ts";
import { upstreamOf } from "../live/identifiers.ts";

/**
 * The processes that listen where nginx passes the requests of a service to, by the
 * upstreams of its slots. Nothing proves that zdd has started them.
 *
 * @param conf what was rendered last
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
  const pids = otherProcesses({ fresh: false }).map(({ pid }) => pid);
  return [...new Set(addresses)].flatMap((address) => {
    const parsed = parseAddress(address);
    const inodes = parsed === undefined ? [] : listeningInodes(parsed);
    const [pid] = inodes.length === 0 ? [] : holders(inodes, pids);
    return pid === undefined ? [] : [{ pid, address }];
  });
}
