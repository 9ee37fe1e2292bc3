import type { KillSignal } from "../../system/service_manager.ts";

/** The signals that the usual stop commands send. */
const SIGNALS = [
  "SIGTERM",
  "SIGQUIT",
  "SIGINT",
  "SIGHUP",
  "SIGWINCH",
] as const satisfies KillSignal[];

/** The signal that a stop command such as `kill -QUIT` sends; undefined if it does something else. */
export function signalOf({ stop }: { stop: string }): KillSignal | undefined {
  return SIGNALS.find((name) => stop === `kill -${name.slice(3)}`);
}
