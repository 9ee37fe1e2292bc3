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
import type { Launch } from "./launch.ts";

/** How long a worker must run if there is no other check, in ms. */
const WORKER_SETTLE = 1000;

/** The statuses of a working server, even if the page needs a login or doesn't exist. */
const ANY_PAGE = [{ low: 100, high: 499 }];

/**
 * Waits until an instance accepts connections and passes its checks: `ready` and `health`.
 * If it has neither and `port` implies HTTP, any page will do. A worker, which has no
 * address, passes by `ready`, or by having run for a while. With `settle`, an instance must
 * then keep running for that time. Returns it as it is afterwards.
 *
 * @param speaksHttp whether it can be checked with an HTTP request
 * @throws {ZddError} with the last result, on a timeout or if the instance ends.
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
  /** Whether nginx speaks plain HTTP to it. */
  speaksHttp?: boolean;
  /** Ends the wait early by throwing its reason. */
  signal?: AbortSignal;
}

/** The default of `health`: `/` if there is no `ready` and `port` implies HTTP. */
function defaultHealth({ ready, port }: ServiceConfig): string {
  return ready === undefined && addressKind({ port }).isHttp ? "/" : NONE;
}

/**
 * Makes sure that the instance itself listens on the address in its port file. If root
 * deploys a service of another user, that user could otherwise redirect all requests to
 * another program.
 *
 * @throws {ZddError} if a client of the address may reach a socket that isn't the
 * instance's.
 */
async function requireOwnSocket(
  launch: Launch,
  address: Address,
): Promise<void> {
  if (
    Deno.uid() !== 0 ||
    (await launch.processes.users()).every((user) => user === 0)
  ) return;
  if (await launch.processes.hold(address)) return;
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
