import { messageOf } from "../error.ts";
import { formatAddress, portText } from "../system/address.ts";
import { capture } from "../system/capture.ts";
import { waitUntil } from "../system/wait.ts";
import { formatDuration } from "../text/duration.ts";
import { escapeControls } from "../text/escape.ts";
import type { Instance } from "./instance.ts";
import { addressOf } from "./instance_address.ts";
import type { Launch } from "./launch.ts";

/** The minimum time for the last try, in ms. */
const LAST_TRY = 100;

/** An instance's variables for commands: `ZDD_PID`, `ZDD_ADDRESS`, and `PORT` or `SOCKET`. */
export function variablesOf(
  instance: Pick<Instance, "address" | "process">,
): Record<string, string> {
  const address = addressOf(instance);
  const told = { ZDD_PID: String(instance.process.pid) };
  if (address === undefined) return told;
  const [name, text] = "path" in address
    ? ["SOCKET", address.path]
    : ["PORT", portText(address)];
  return { ...told, ZDD_ADDRESS: formatAddress(address), [name]: text };
}

/**
 * Runs the `ready` command of an instance until it succeeds, with `variablesOf` the
 * instance.
 *
 * @throws {ZddError} if it doesn't succeed within `start_timeout`.
 */
export async function waitUntilReady(
  command: string,
  launch: Launch,
  instance: Instance,
  signal: AbortSignal,
): Promise<void> {
  const { env, service: { cwd, inheritEnv: inherit, startTimeout: timeout } } =
    launch.plan;
  const options = {
    cwd,
    env: { ...env, ...variablesOf(instance) },
    inherit,
    signal,
  };
  const end = performance.now() + timeout;
  let tries = 0;
  let last = "";
  const ready = await waitUntil(async () => {
    tries++;
    const left = Math.ceil(Math.max(end - performance.now(), LAST_TRY));
    try {
      const ran = await capture(command, { ...options, timeout: left });
      if (ran.status === 0) return true;
      last = describe(ran);
    } catch (error) {
      signal.throwIfAborted();
      if (last === "" || !(error instanceof Deno.errors.TimedOut)) {
        last = messageOf(error);
      }
    }
    return undefined;
  }, { timeout, interval: 50, slowest: 1000, signal });
  if (ready) return;
  throw await launch.failure(
    `"${command}" doesn't find it ready${
      instance.address === undefined ? "" : ` on ${instance.address}`
    } after ` +
      `${tries} ${tries === 1 ? "try" : "tries"} in ` +
      `${formatDuration(timeout)}; last: ${last}`,
  );
}

/** `exit status 1 "connection refused"`: the status and the last words. */
function describe(
  { status, output }: { status: number; output: string },
): string {
  const words = output.replace(/\s+/g, " ").trim().slice(-80);
  return `exit status ${status}` +
    (words === "" ? "" : ` ${escapeControls(JSON.stringify(words))}`);
}
