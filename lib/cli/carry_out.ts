import { formatDuration, parseDuration } from "../text/duration.ts";
import type { ChangeOptions } from "../deploy/change.ts";
import { type Project, readProject } from "../deploy/read.ts";
import type { Report, Step } from "../deploy/report.ts";
import { status } from "../deploy/status.ts";
import { ExitStatus } from "../error.ts";
import type { GlobalOptions, Input } from "./command.ts";
import { FailedChange } from "./failure.ts";
import { interruptible } from "./interrupt.ts";
import { printJson, printMessage } from "./output.ts";
import { startProgress } from "./progress.ts";
import { styleOf } from "./style.ts";
import { usage } from "./usage.ts";

/**
 * Runs a command that changes who serves, shows its progress and prints its result.
 *
 * @param done what is said when something was changed, such as `deployed`
 * @throws {FailedChange} if it fails in the middle.
 */
export async function carryOut<R extends { ms: number; changed: boolean }>(
  options: GlobalOptions,
  { values }: Input,
  done: string,
  change: (project: Project, options: ChangeOptions) => Promise<R>,
): Promise<number> {
  const project = readProject(options.conf);
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

/** The share of a canary: `10` or `10%`. @throws {ZddError} if it isn't a whole percent. */
export function readPercent(text: string): number {
  const percent = /^(\d{1,3})\s*%?$/.exec(text)?.[1];
  if (percent === undefined || Number(percent) > 100) {
    throw usage(`Expected a whole percent from 0 to 100, got "${text}"`);
  }
  return Number(percent);
}

/**
 * The time that an option names, in ms; undefined if it isn't given.
 *
 * @throws {ZddError} if it is no time.
 */
export function readSeconds(
  option: string,
  text?: string,
): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw usage(`Expected seconds for --${option}, got "${text}"`);
}

/** Steps that change nothing: a failure in one of them is a refusal. */
const PREPARATIONS: Step[] = ["read", "lock", "recover", "run"];

/** A failure with who serves after it. */
function withStatus(error: unknown, project: Project): unknown {
  try {
    return new FailedChange(error, status(project));
  } catch {
    return error; // it is the failure that must be told
  }
}
