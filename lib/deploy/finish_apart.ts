import { join } from "@std/path";
import type { Instance } from "../instance/instance.ts";
import type { State } from "../state/state.ts";
import { descendsFrom } from "../system/process_table.ts";
import { startDetached } from "../system/shell.ts";
import type { Run } from "./run.ts";

/** How long the zddeploy that finishes a deploy waits for the lock, in s. */
const LOCK_WAIT = 60;

/**
 * The instance that is about to be stopped and has started this zddeploy, as a webhook
 * does: it may wait for zddeploy, which would wait for it. Undefined if there is none.
 */
export function ownStarter({ services }: State): Instance | undefined {
  return Object.values(services).flatMap(({ retiring }) => retiring)
    .map(({ instance }) => instance)
    .find(({ process }) => descendsFrom(Deno.pid, process.pid));
}

/**
 * Leaves the last two steps to another zddeploy, which outlives the instance that has
 * started this one: it drains and stops what a deploy has left.
 *
 * @throws {ZddError} if that can't be started.
 */
export function finishApart(
  { project: { config }, report }: Run,
  { service, process: { pid } }: Instance,
): void {
  const options = ["--conf", config.file, "--lock-wait", String(LOCK_WAIT)];
  startDetached([...ownCommand(), "start", ...options], {
    cwd: config.directory,
    log: join(config.stateDir, "log", "finish.log"),
  });
  const message = `${pid} has started this deploy; it is drained and stopped ` +
    "when zddeploy has ended";
  report({ step: "drain", subject: service, message });
}

/** The command that runs this zddeploy: an executable, or Deno with the source. */
function ownCommand(): string[] {
  return Deno.build.standalone
    ? [Deno.execPath()]
    : [Deno.execPath(), "run", "--allow-all", Deno.mainModule];
}
