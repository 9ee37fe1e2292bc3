import { join } from "@std/path";
import type { Instance } from "../instance/instance.ts";
import type { State } from "../state/state.ts";
import { realPath } from "../system/files.ts";
import { openFiles } from "../system/process.ts";
import { descendedFrom } from "../system/process_table.ts";
import { startDetached } from "../system/shell.ts";
import { waitUntil } from "../system/wait.ts";
import type { Run } from "./run.ts";

/** How long the zddeploy that finishes a deploy waits for the lock, in s. */
const LOCK_WAIT = 60;

/** How long it may take to open its log, in ms. */
const OPENING = 5000;

/**
 * The instance that is about to be stopped and has started this zddeploy, such as a webhook:
 * it may wait for zddeploy, which would wait for it. Undefined if there is none.
 */
export function ownStarter({ services }: State): Instance | undefined {
  return Object.values(services).flatMap(({ retiring }) => retiring)
    .map(({ instance }) => instance)
    .find(({ process }) => descendedFrom(process.pid));
}

/**
 * Starts another zddeploy for the last two steps, draining and stopping. It outlives the
 * instance that has started this one.
 *
 * @throws {ZddError} if it can't be started.
 */
export async function finishApart(
  { project: { config }, report }: Run,
  { service, process: { pid } }: Instance,
): Promise<void> {
  const options = ["--conf", config.file, "--lock-wait", String(LOCK_WAIT)];
  const log = join(config.stateDir, "log", "finish.log");
  const other = startDetached([...ownCommand(), "start", ...options], {
    cwd: config.directory,
    log,
  });
  // It opens its log through this process, so this one must not end before.
  const path = realPath(log);
  await waitUntil(
    () => openFiles(other.pid).get(1) === path ? true : undefined,
    { timeout: OPENING },
  );
  const message = `${pid} has started this deploy; it is drained and stopped ` +
    "when zddeploy has ended";
  report({ step: "drain", subject: service, message });
}

/** The command that runs this zddeploy: an executable, or Deno with the source. */
export function ownCommand(): string[] {
  return Deno.build.standalone
    ? [Deno.execPath()]
    : [Deno.execPath(), "run", "--allow-all", Deno.mainModule];
}
