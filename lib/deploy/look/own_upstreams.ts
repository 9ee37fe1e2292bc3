import { ZddError } from "../../error.ts";
import type { Instance } from "../../instance/instance.ts";
import { addressOf } from "../../instance/instance_address.ts";
import { processesOf } from "../../instance/processes.ts";
import { parseAddress } from "../../system/address.ts";
import { holders, listeningInodes } from "../../system/sockets.ts";

/**
 * Makes sure that what a configuration passes requests to, by the port of an instance, is
 * that instance: a name of the template prints the port alone, to which the template may
 * add an address where another program listens, or nobody.
 *
 * @param known the addresses of all that may serve, which may have the same port on other hosts
 * @throws {ZddError} if it isn't.
 */
export function requireOwnUpstreams(
  text: string,
  instances: readonly Instance[],
  known: readonly string[] = [],
): void {
  for (const instance of instances) {
    const address = addressOf(instance);
    if (address === undefined || "path" in address) continue;
    for (const host of hostsWith(text, address.port)) {
      // Other hosts have ports of the same number.
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

/** The hosts with which a port stands where nginx passes requests to. */
function hostsWith(text: string, port: number): string[] {
  const passed =
    /\b(?:server|\w+_pass)\s+(?:\w+:\/\/)?([^\s;/]+):(\d+)(?=[\s;/])/g;
  const found = [...text.matchAll(passed)]
    .filter(([, , digits]) => Number(digits) === port)
    .flatMap(([, host]) => host ?? []);
  return [...new Set(found)];
}

/** Whether all that a client of an address may reach is the instance. */
function isOwn(instance: Instance, address: string): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined) return true; // a name, which nginx looks up
  const inodes = listeningInodes(parsed);
  if (inodes.length === 0) return false;
  if (inodes.every((inode) => instance.sockets?.includes(inode))) return true;
  const pids = processesOf(instance).map(({ pid }) => pid);
  return inodes.every((inode) => holders([inode], pids).length > 0);
}
