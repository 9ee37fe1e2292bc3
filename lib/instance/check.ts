import type { ServiceConfig } from "../config/config.ts";
import { formatDuration } from "../text/duration.ts";
import { messageOf } from "../error.ts";
import {
  type Address,
  formatAddress,
  parseAddress,
  tryConnect,
} from "../system/address.ts";
import { escapeControls } from "../text/escape.ts";
import { type Answer, httpGet } from "../system/http.ts";
import { processesOf } from "../system/instance_mark.ts";
import { childrenOf, userOf } from "../system/process.ts";
import { holders, listeningInodes } from "../system/sockets.ts";
import { waitUntil } from "../system/wait.ts";
import type { Instance } from "./instance.ts";
import type { Launch } from "./launch.ts";

/** How long one probe may take, in ms, however long there is altogether. */
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
  if (launch.plan.address !== undefined && "path" in address) {
    openSocket(address.path);
  }
  await waitForConnection(launch, instance, address, signal);
  const connected = await launch.follow(instance);
  requireOwnSocket(launch, connected, address);
  if (launch.plan.service.health !== undefined) {
    await waitForHealth(
      launch.plan.service.health,
      launch,
      connected,
      address,
      signal,
    );
  }
  return await launch.follow(connected);
}

/**
 * Lets nginx's workers, who are another user, connect to a socket at the path that zdd
 * handed out, as they can to a port. A service that runs as somebody else than zdd does
 * it by itself; whether nginx can is checked before the switch.
 */
function openSocket(path: string): void {
  try {
    Deno.chmodSync(path, 0o666);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}

/**
 * Makes sure that it is the instance that listens on the address in its port file: where
 * root deploys a service of somebody else, he could have root send all requests to a
 * program that isn't his.
 *
 * @throws {ZddError} if none of its processes does.
 */
function requireOwnSocket(
  launch: Launch,
  { id, process: { pid } }: Instance,
  address: Address,
): void {
  if (Deno.uid() !== 0 || userOf(pid) === 0) return;
  const family = [
    pid,
    ...childrenOf(pid).map((child) => child.pid),
    ...processesOf(id, launch.leader, { fresh: true }).map(({ pid }) => pid),
  ];
  if (holders(listeningInodes(address), family).length > 0) return;
  throw launch.failure(
    `another program listens on ${formatAddress(address)}, which its port ` +
      "file names",
  );
}

async function waitForConnection(
  launch: Launch,
  instance: Instance,
  address: Address,
  signal?: AbortSignal,
): Promise<void> {
  const { startTimeout } = launch.plan.service;
  let last = "";
  const connected = await waitUntil(async () => {
    await launch.follow(instance);
    try {
      await tryConnect(address);
      return true;
    } catch (error) {
      last = messageOf(error);
      return undefined;
    }
  }, { timeout: startTimeout, signal });
  if (connected) return;
  throw launch.failure(
    `process ${instance.process.pid} doesn't accept connections on ` +
      `${instance.address} after ${formatDuration(startTimeout)} (${last})`,
    "does the port file hold the port that the server listens on?",
  );
}

async function waitForHealth(
  target: string,
  launch: Launch,
  instance: Instance,
  address: Address,
  signal?: AbortSignal,
): Promise<void> {
  const { healthStatus, healthTimeout } = launch.plan.service;
  let tries = 0;
  let last = "";
  const healthy = await waitUntil(async () => {
    await launch.follow(instance);
    tries++;
    try {
      const answer = await probe(target, address, signal);
      if (isHealthy(healthStatus, answer)) return true;
      last = describeAnswer(answer);
    } catch (error) {
      last = messageOf(error);
    }
    return undefined;
  }, { timeout: healthTimeout, interval: 25, slowest: 1000, signal });
  if (healthy) return;
  throw launch.failure(
    `${target} isn't healthy on ${formatAddress(address)} after ` +
      `${tries} ${tries === 1 ? "try" : "tries"} in ` +
      `${formatDuration(healthTimeout)}; last: ${last}`,
  );
}

/** GETs a path of an address, or a URL. */
function probe(
  target: string,
  address: Address,
  signal?: AbortSignal,
): Promise<Answer> {
  return target.startsWith("/")
    ? httpGet(address, target, PROBE_TIMEOUT, signal)
    : httpGet(new URL(target), undefined, PROBE_TIMEOUT, signal);
}

function isHealthy(
  healthy: ServiceConfig["healthStatus"],
  { status }: Answer,
): boolean {
  return healthy.some(({ low, high }) => low <= status && status <= high);
}

/** `503 "upstream is down"`: the status and the first words of an answer. */
export function describeAnswer({ status, text }: Answer): string {
  const words = text.replace(/\s+/g, " ").trim().slice(0, 80);
  return words === ""
    ? String(status)
    : `${status} ${escapeControls(JSON.stringify(words))}`;
}
