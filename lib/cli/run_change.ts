import { formatDuration } from "../text/duration.ts";
import type { RunOptions } from "../deploy/run.ts";
import { type Project, readProject } from "../deploy/read.ts";
import type { Report, Step } from "../deploy/report.ts";
import { status } from "../deploy/look/status.ts";
import { ExitStatus } from "../error.ts";
import type { GlobalOptions, Input } from "./command.ts";
import { FailedChange } from "./failure.ts";
import { interruptible } from "./interrupt.ts";
import { readSeconds } from "./option_values.ts";
import { printJson, printMessage } from "./output.ts";
import { startProgress } from "./progress.ts";
import { styleOf } from "./style.ts";

/**
 * Runs a command that changes which instances serve, shows its progress and prints its result.
 *
 * @param done the message when something was changed, such as `deployed`
 * @param starts whether it may start something
 * @throws {FailedChange} if it fails after it has begun to change something.
 */
export async function runChange<R extends { ms: number; changed: boolean }>(
  options: GlobalOptions,
  { values }: Input,
  done: string,
  change: (project: Project, options: RunOptions) => Promise<R>,
  { starts = true }: { starts?: boolean } = {},
): Promise<number> {
  const project = readProject(options.conf, { starts });
  const lockWait = readSeconds("lock-wait", values["lock-wait"]?.at(-1));
  const progress = startProgress(options);
  let hasBegun = false;
  const report: Report = (event) => {
    hasBegun ||= !PREPARATIONS.includes(event.step);
    progress.report(event);
  };
  let result: R;
  try {
    result = await interruptible((signal) =>
      change(project, { report, signal, lockWait })
    );
  } catch (error) {
    throw hasBegun ? withStatus(error, project) : error;
  } finally {
    progress.end();
  }
  if (options.json) printJson(result);
  if (!options.quiet) {
    const style = styleOf(Deno.stderr, options.color);
    const what = result.changed ? done : "nothing to do";
    printMessage(`${style.bold(what)} in ${formatDuration(result.ms)}`);
  }
  return ExitStatus.done;
}

/** Steps that change nothing: after a failure in one of them, the status isn't shown. */
const PREPARATIONS: Step[] = ["read", "lock", "recover", "run"];

/** A failure with the status after it. */
function withStatus(error: unknown, project: Project): unknown {
  try {
    return new FailedChange(error, status(project));
  } catch {
    return error; // the first failure is the one to report
  }
}
