import { formatDuration } from "../text/duration.ts";
import { messageOf } from "../error.ts";
import { type Address, formatAddress, tryConnect } from "../system/address.ts";
import { waitUntil } from "../system/wait.ts";
import type { ServiceConfig } from "../config/config.ts";
import { NONE } from "../config/readers.ts";
import type { Instance } from "./instance.ts";
import { addressOf } from "./instance_address.ts";
import { addressKind } from "./address/kinds.ts";
import { probeUntilGood } from "./probe.ts";
import { waitUntilReady } from "./ready.ts";
import { waitUntilSettled } from "./settle.ts";
import type { Launch } from "./start.ts";

/** How long a worker must run that nothing else tells of, in ms. */
const WORKER_SETTLE = 1000;

/** The statuses that tell of a page, even if it asks for a login or isn't there. */
const ANY_PAGE = [{ low: 100, high: 499 }];

/**
 * Waits until an instance accepts connections and passes its check: `ready` and `health`
 * or, if there is neither and only zdd knows its address, any page. A worker, which has no
 * address, is ready by `ready`, or else by having run for a while. With `settle`, each of
 * them must run on for that time. Returns it as it is then.
 *
 * @param speaksHttp whether it can be asked for a page
 * @throws {ZddError} with what was seen last, when time runs out or the instance ends.
 */
export async function checkInstance(
  launch: Launch,
  instance: Instance,
  { speaksHttp = true, signal }: CheckOptions = {},
): Promise<Instance> {
  const address = addressOf(instance);
  const either = signal === undefined
    ? launch.ended
    : AbortSignal.any([launch.ended, signal]);
  const { service } = launch.plan;
  if (address !== undefined) {
    await waitForConnection(launch, instance, address, either);
    await launch.look();
    await requireOwnSocket(launch, address);
    addressKind(service).open?.(address);
  }
  const { ready, health = speaksHttp ? defaultHealth(service) : NONE } =
    service;
  if (ready !== undefined) {
    await waitUntilReady(ready, launch, instance, either);
  }
  if (health !== NONE) await waitForHealth(health, launch, address, either);
  const { settle = address ?? ready ? 0 : WORKER_SETTLE } = service;
  if (settle > 0) await waitUntilSettled(launch, settle, either);
  const present = await launch.look();
  launch.checked();
  return present;
}

export interface CheckOptions {
  /** Whether nginx speaks plain HTTP with it. */
  speaksHttp?: boolean;
  /** Ends the wait early by throwing its reason. */
  signal?: AbortSignal;
}

/** What is asked for where deploy.conf says nothing: files of the Python zdd ask for nothing. */
function defaultHealth({ ready, port }: ServiceConfig): string {
  return ready === undefined && addressKind({ port }).isHttp ? "/" : NONE;
}

/**
 * Makes sure that it is the instance that listens on the address in its port file: where
 * root deploys a service of somebody else, he could have root send all requests to a
 * program that isn't theirs.
 *
 * @throws {ZddError} if a client of the address may reach a socket that isn't the instance's.
 */
async function requireOwnSocket(
  launch: Launch,
  address: Address,
): Promise<void> {
  if (
    Deno.uid() !== 0 || launch.processes.users().every((user) => user === 0)
  ) return;
  if (launch.processes.hold(address)) return;
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
    addressKind(launch.plan.service).hint,
  );
}

async function waitForHealth(
  target: string,
  launch: Launch,
  address: Address | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { service } = launch.plan;
  const { healthTimeout: timeout, healthHost, probeTimeout } = service;
  const isDefault = service.health === undefined;
  const statuses = isDefault ? ANY_PAGE : service.healthStatus;
  const ofInstance = target.startsWith("/");
  const seen = await probeUntilGood(
    new URL(ofInstance ? `http://${healthHost}${target}` : target),
    {
      address: ofInstance ? address : undefined,
      isGood: ({ status }) =>
        statuses.some(({ low, high }) => low <= status && status <= high),
      timeout,
      probeTimeout,
      signal,
    },
  );
  if (seen === undefined) return;
  const { tries, last } = seen;
  throw await launch.failure(
    `${target} isn't healthy${
      address === undefined ? "" : ` on ${formatAddress(address)}`
    } after ` +
      `${tries} ${tries === 1 ? "try" : "tries"} in ` +
      `${formatDuration(timeout)}; last: ${last}`,
    launch.unrest ??
      (isDefault
        ? "set `health: PATH` for another page, `ready: COMMAND` for another check, " +
          "or `health: none` for none"
        : undefined),
  );
}
