import { ZddError } from "../../error.ts";
import type { Instance } from "../../instance/instance.ts";
import { addressOf } from "../../instance/instance_address.ts";
import { processesOf } from "../../instance/processes.ts";
import { parseAddress } from "../../system/address.ts";
import { holders, listeningInodes } from "../../system/sockets.ts";

/**
 * Makes sure that requests that a configuration passes to the port of an instance reach that
 * instance. A name in the template is replaced by the port alone, to which the template may
 * add an address where another program listens, or none.
 *
 * @param known the addresses of all instances that may serve; some may have the same port at
 * another address
 * @throws {ZddError} if requests would go elsewhere.
 */
export function requireOwnUpstreams(
  text: string,
  instances: readonly Instance[],
  known: readonly string[] = [],
): void {
  const hosts = hostsByPort(text);
  for (const instance of instances) {
    const address = addressOf(instance);
    if (address === undefined || "path" in address) continue;
    for (const host of hosts.get(address.port) ?? []) {
      // On other hosts, the same port means another server.
      if (host === address.host || !LOOPBACK.test(host)) continue;
      if (
        known.includes(`${host}:${address.port}`) ||
        isOwn(instance, `${host}:${address.port}`)
      ) {
        continue;
      }
      const { service } = instance;
      throw new ZddError(
        `nginx.conf passes requests for ${service} to ${host}:${address.port}, ` +
          `but ${service} listens on ${instance.address}`,
        { hint: `write <%= it.services["${service}"].address %> there` },
      );
    }
  }
}

const LOOPBACK = /^(?:localhost|127\..*|\[::1\]|0\.0\.0\.0|\[::\])$/;

/** The hosts to which nginx passes requests, by port. */
function hostsByPort(text: string): Map<number, Set<string>> {
  const passed =
    /\b(?:server|\w+_pass)\s+(?:\w+:\/\/)?([^\s;/]+):(\d+)(?=[\s;/])/g;
  const hosts = new Map<number, Set<string>>();
  for (const [, host = "", digits] of text.matchAll(passed)) {
    const port = Number(digits);
    hosts.set(port, (hosts.get(port) ?? new Set()).add(host));
  }
  return hosts;
}

/** Whether only the instance listens on an address. */
function isOwn(instance: Instance, address: string): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined) return true; // a name, which nginx looks up
  const inodes = listeningInodes(parsed);
  if (inodes.length === 0) return false;
  if (inodes.every((inode) => instance.sockets?.includes(inode))) return true;
  const pids = processesOf(instance).map(({ pid }) => pid);
  return inodes.every((inode) => holders([inode], pids).length > 0);
}
