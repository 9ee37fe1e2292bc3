import { ZddError } from "../../error.ts";
import {
  askEngine,
  type EngineName,
  requireSuccess,
} from "../../system/container_engine.ts";

/**
 * The network that containers are in if deploy.conf names none. On the one that Docker has
 * by itself, one that is started again gets whichever address is free then.
 */
const OWN_NETWORK = "zdd";

/** How often another is tried where somebody else makes the same at the same time. */
const TRIES = 5;

/** The network of a container, by the key `network`. */
export function networkName(network: string | undefined): string {
  return network ?? OWN_NETWORK;
}

/**
 * Makes zdd's own network, if there is none. Docker fixes addresses only in a network whose
 * range was asked for: that is the one that it would choose.
 *
 * @throws {ZddError} with the engine's words, if it can't be made.
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
      `Cannot make the network "${OWN_NETWORK}"`,
    );
    const range = await rangeOf(engine, trial);
    await askEngine(engine, ["network", "rm", trial]);
    const subnet = range === undefined ? [] : ["--subnet", range];
    const made = await askEngine(engine, [...create, ...subnet, OWN_NETWORK]);
    if (!made.success && tries === TRIES) {
      requireSuccess(engine, made, `Cannot make the network "${OWN_NETWORK}"`);
    }
  }
}

/**
 * An address for a container, which is its own as long as it lives: one at random, of those
 * that an engine gives last. Undefined where the engine must choose.
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
    Math.floor(Math.random() * (upper - 1)); // the last is for everybody
  return [24, 16, 8, 0].map((shift) => Math.floor(chosen / 2 ** shift) % 256)
    .join(".");
}

/** Whether an engine refuses to make or start a container because of the address that it is told. */
export function isAddressRefused(words: string): boolean {
  return /user specified IP address|address already in use|already allocated|static ip|requested ip|ip address .*(not available|in use)|not in .*subnet/i
    .test(words);
}

/** The IPv4 range of a network, such as `172.18.0.0/16`; undefined if there is no such network. */
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

/** @throws {ZddError} that nginx has no way to an address which an engine didn't give. */
export function requireHost(
  host: string | undefined,
  name: string,
): asserts host is string {
  if (host) return;
  throw new ZddError(
    `${name} didn't start: its network gives it no address of its own, where ` +
      "nginx could reach it",
    { hint: 'use "network: host", where it listens on PORT' },
  );
}
