import { join } from "@std/path";
import type { Config } from "../config/config.ts";
import { messageOf } from "../error.ts";
import type { Instance } from "../instance/instance.ts";
import { variablesOf } from "../instance/ready.ts";
import type { StopConfig } from "../instance/run/runner.ts";
import { userFor } from "../instance/run/user.ts";
import { runApart } from "../system/run_apart.ts";
import { appendText } from "../system/safe_open.ts";
import { formatDuration } from "../text/duration.ts";
import { type Report, stopwatch } from "./report.ts";

/**
 * Runs the `retire` command of an instance that is about to be drained, if there is one, and
 * waits for it to end, for at most `drain_timeout`. If it fails, that is only reported.
 *
 * @param signal ends it early by throwing its reason
 */
export async function sayGoodbye(
  { stateDir }: Pick<Config, "stateDir">,
  how: StopConfig,
  instance: Instance,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  const { name: subject, retire, cwd, env, inheritEnv, drainTimeout } = how;
  if (retire === undefined) return;
  const { pid } = instance.process;
  const step = "drain";
  const took = stopwatch();
  report({ step, subject, message: `retiring ${pid}`, level: "begin" });
  const warn = (message: string) =>
    report({ step, subject, message, level: "warning" });
  try {
    const log = join(stateDir, "log", "retire.log");
    announce(log, subject, pid);
    const { status, lines } = await runApart(`${retire} ${pid}`, {
      cwd,
      log,
      env: { ...env, ...variablesOf(instance) },
      inherit: inheritEnv,
      user: userFor(how.user),
      timeout: drainTimeout,
      signal,
    });
    for (const line of lines) report({ step, subject, message: line });
    if (status === undefined) {
      const time = formatDuration(drainTimeout);
      warn(`"${retire} ${pid}" didn't end within ${time}: it was ended`);
    } else if (status !== 0) {
      warn(`"${retire} ${pid}" failed: exit status ${status}`);
    } else {
      const message = `retired ${pid}`;
      report({ step, subject, message, ms: took() });
    }
  } catch (error) {
    signal?.throwIfAborted();
    warn(`cannot retire ${pid}: ${messageOf(error)}`);
  }
}

/** Writes to the log for which instance the command is run, and when. */
function announce(log: string, service: string, pid: number): void {
  try {
    const line = `${new Date().toISOString()} ${service} ${pid}\n`;
    appendText(log, line, 0o640);
  } catch { /* opening the log for the command reports the same error */ }
}
