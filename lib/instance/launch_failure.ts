import { isWorker } from "../config/config.ts";
import { ZddError } from "../error.ts";
import { formatAddress } from "../system/address.ts";
import { networkOf } from "../system/network.ts";
import { listeningSockets } from "../system/sockets.ts";
import { excerpt, hasError } from "../text/excerpt.ts";
import { addressKind } from "./address/kinds.ts";
import type { LaunchProcesses } from "./launch_processes.ts";
import type { Plan } from "./plan.ts";
import type { Begun } from "./run/runner.ts";

/** The parts of a launch that a failure reports. */
export interface FailedLaunch {
  plan: Plan;
  run: Begun;
  processes: LaunchProcesses;
  /** A note that its processes keep ending, if they do. */
  unrest?: string;
}

/** An error about an instance, with its output. */
export async function failureOf(
  { service }: Plan,
  run: Begun,
  what: string,
  hint?: string,
): Promise<ZddError> {
  return new ZddError(`${service.name} ${what}`, {
    quote: excerpt(await run.output()),
    source: run.source,
    hint: byHand(service.start) ?? hint,
  });
}

/** A hint for a command that runs a container: zdd would only see its client. */
function byHand(start: string): string | undefined {
  const engine = /(?:^|[\s;&|/])(docker|podman)\s+(?:container\s+)?run\b/
    .exec(start)?.[1];
  return engine === undefined
    ? undefined
    : `instead of start, "container: ${engine}" with image and ` +
      "container_port lets zdd run the container, without a published port";
}

/** A failure to start in time. Says where else the instance listens, or what else it does. */
export async function lateFailure(
  { plan, run, processes, unrest }: FailedLaunch,
  what: string,
): Promise<ZddError> {
  const { hint } = addressKind(plan.service);
  const pids = processes.look().map(({ pid }) => pid);
  const addresses = listeningSockets(pids, networkOf(run.leader.pid))
    .map(({ address }) => formatAddress(address));
  if (addresses.length > 0 && !isWorker(plan.service)) {
    const elsewhere = [...new Set(addresses)].join(", ");
    return await failureOf(
      plan,
      run,
      `${what}; it listens on ${elsewhere}`,
      hint,
    );
  }
  const longer = "if it needs longer, set start_timeout";
  const why = hasError(await run.output()) ? "see the error above" : unrest;
  return await failureOf(
    plan,
    run,
    what,
    why === undefined ? longer : `${why}; ${longer}`,
  );
}

/** A hint if there is no output to quote. */
export async function silence(run: Begun): Promise<string | undefined> {
  const lines = await run.output();
  return lines.length > 0 ? undefined : "it printed nothing";
}
