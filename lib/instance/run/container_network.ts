import { ZddError } from "../../error.ts";
import {
  askEngine,
  type EngineName,
  requireSuccess,
} from "../../system/container_engine.ts";

/**
 * The network of containers if deploy.conf names none. On Docker's default network, a
 * restarted container gets any free address.
 */
const OWN_NETWORK = "zdd";

/** How often to retry if another process creates the same network at the same time. */
const TRIES = 5;

/** The network of a container, by the key `network`. */
export function networkName(network: string | undefined): string {
  return network ?? OWN_NETWORK;
}

/**
 * Creates zdd's own network, if it doesn't exist. Docker allows fixed addresses only in a
 * network with an explicit range. The range is the one that the engine would choose.
 *
 * @throws {ZddError} with the engine's message, if it can't be created.
 */
export async function makeOwnNetwork(engine: EngineName): Promise<void> {
  const create = ["network", "create"];
  for (
    let tries = 1;
    await rangeOf(engine, OWN_NETWORK) === undefined;
    tries++
  ) {
    const trial = `${OWN_NETWORK}-${crypto.randomUUID().slice(0, 8)}`;
    requireSuccess(
      engine,
      await askEngine(engine, [...create, trial]),
      `Cannot create the network "${OWN_NETWORK}"`,
    );
    const range = await rangeOf(engine, trial);
    await askEngine(engine, ["network", "rm", trial]);
    const subnet = range === undefined ? [] : ["--subnet", range];
    const made = await askEngine(engine, [...create, ...subnet, OWN_NETWORK]);
    if (!made.success && tries === TRIES) {
      requireSuccess(
        engine,
        made,
        `Cannot create the network "${OWN_NETWORK}"`,
      );
    }
  }
}

/**
 * A random address that a container keeps, from the upper half of the range, which an
 * engine assigns last. Undefined if the engine must choose.
 */
export async function fixedAddress(
  engine: EngineName,
  network: string,
): Promise<string | undefined> {
  if (network === "bridge") return undefined;
  const range = await rangeOf(engine, network);
  const [, base = "", bits = ""] = /^([\d.]+)\/(\d+)$/.exec(range ?? "") ?? [];
  const size = 2 ** (32 - Number(bits));
  if (base === "" || size < 16) return undefined;
  const first = base.split(".").reduce(
    (sum, byte) => sum * 256 + Number(byte),
    0,
  );
  const upper = Math.floor(size / 2);
  const chosen = first - first % size + upper +
    Math.floor(Math.random() * (upper - 1)); // the last is for broadcasts
  return [24, 16, 8, 0].map((shift) => Math.floor(chosen / 2 ** shift) % 256)
    .join(".");
}

/** Whether an engine refused to create or start a container because of its fixed address. */
export function isAddressRefused(words: string): boolean {
  return /user specified IP address|address already in use|already allocated|static ip|requested ip|ip address .*(not available|in use)|not in .*subnet/i
    .test(words);
}

/** The IPv4 range of a network, such as `172.18.0.0/16`; undefined if it doesn't exist. */
async function rangeOf(
  engine: EngineName,
  network: string,
): Promise<string | undefined> {
  const { success, text } = await askEngine(engine, [
    ...["network", "inspect", network],
  ]);
  if (!success) return undefined;
  return /"subnet":\s*"([\d.]+\/\d+)"/i.exec(text)?.[1] ?? "";
}

/** @throws {ZddError} if the engine gave no address that nginx could reach. */
export function requireHost(
  host: string | undefined,
  name: string,
): asserts host is string {
  if (host) return;
  throw new ZddError(
    `${name} didn't start: its network gives it no address that nginx could ` +
      "reach",
    { hint: 'use "network: host", where it listens on PORT' },
  );
}
