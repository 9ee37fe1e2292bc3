import { formatDuration } from "../text/duration.ts";
import { messageOf } from "../error.ts";
import {
  type Address,
  formatAddress,
  parseAddress,
  tryConnect,
} from "../system/address.ts";
import { waitUntil } from "../system/wait.ts";
import type { Instance } from "./instance.ts";
import { addressKind } from "./address/kinds.ts";
import { probeUntilGood } from "./probe.ts";
import type { Launch } from "./start.ts";

/** How long one try of `health` may take, in ms. */
const PROBE_TIMEOUT = 5000;

/**
 * Waits until an instance accepts connections and, if `health` is set, is healthy.
 * Returns it as it is then.
 *
 * @throws {ZddError} with what was seen last, when time runs out or the instance ends.
 */
export async function checkInstance(
  launch: Launch,
  instance: Instance,
  signal?: AbortSignal,
): Promise<Instance> {
  const address = parseAddress(instance.address);
  if (address === undefined) throw new TypeError(instance.address);
  const either = signal === undefined
    ? launch.ended
    : AbortSignal.any([launch.ended, signal]);
  await waitForConnection(launch, instance, address, either);
  await launch.look();
  await requireOwnSocket(launch, address);
  addressKind(launch.plan.service).open?.(address);
  const { health } = launch.plan.service;
  if (health !== undefined) {
    await waitForHealth(health, launch, address, either);
  }
  const present = await launch.look();
  launch.checked();
  return present;
}

/**
 * Makes sure that it is the instance that listens on the address in its port file: where
 * root deploys a service of somebody else, he could have root send all requests to a
 * program that isn't his.
 *
 * @throws {ZddError} if a client of the address may reach a socket that isn't the instance's.
 */
async function requireOwnSocket(
  launch: Launch,
  address: Address,
): Promise<void> {
  if (Deno.uid() !== 0 || launch.users().every((user) => user === 0)) return;
  if (launch.holds(address)) return;
  throw await launch.failure(
    `another program listens on ${formatAddress(address)}, which its port ` +
      "file names",
  );
}

async function waitForConnection(
  launch: Launch,
  instance: Instance,
  address: Address,
  signal: AbortSignal,
): Promise<void> {
  const { startTimeout } = launch.plan.service;
  let last = "";
  const connected = await waitUntil(async () => {
    try {
      await tryConnect(address);
      return true;
    } catch (error) {
      last = messageOf(error);
      return undefined;
    }
  }, { timeout: startTimeout, signal });
  if (connected) return;
  throw await launch.failure(
    `process ${instance.process.pid} doesn't accept connections on ` +
      `${instance.address} after ${formatDuration(startTimeout)} (${last})`,
    "does the port file hold the port that the server listens on?",
  );
}

async function waitForHealth(
  target: string,
  launch: Launch,
  address: Address,
  signal: AbortSignal,
): Promise<void> {
  const { healthStatus, healthTimeout: timeout } = launch.plan.service;
  const ofInstance = target.startsWith("/");
  const host = "path" in address ? "localhost" : formatAddress(address);
  const seen = await probeUntilGood(
    new URL(ofInstance ? `http://${host}${target}` : target),
    {
      address: ofInstance ? address : undefined,
      isGood: ({ status }) =>
        healthStatus.some(({ low, high }) => low <= status && status <= high),
      timeout,
      probeTimeout: PROBE_TIMEOUT,
      signal,
    },
  );
  if (seen === undefined) return;
  const { tries, last } = seen;
  throw await launch.failure(
    `${target} isn't healthy on ${formatAddress(address)} after ` +
      `${tries} ${tries === 1 ? "try" : "tries"} in ` +
      `${formatDuration(timeout)}; last: ${last}`,
  );
}
