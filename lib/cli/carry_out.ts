import { formatDuration, parseDuration } from "../config/duration.ts";
import type { ChangeOptions } from "../deploy/change.ts";
import { type Project, readProject } from "../deploy/project.ts";
import { ExitStatus, ZddError } from "../error.ts";
import type { GlobalOptions, Input } from "./command.ts";
import { interruptible } from "./interrupt.ts";
import { printJson, printMessage } from "./output.ts";
import { lineProgress } from "./progress.ts";

/**
 * Runs a command that changes who serves, shows its progress and prints its result.
 *
 * @param done what is said when something was changed, such as `deployed`
 */
export async function carryOut<R extends { ms: number; changed: boolean }>(
  options: GlobalOptions,
  { values }: Input,
  done: string,
  change: (project: Project, options: ChangeOptions) => Promise<R>,
): Promise<number> {
  const project = readProject(options.conf);
  const report = lineProgress(options);
  const lockWait = readSeconds(values["lock-wait"]?.at(-1));
  const result = await interruptible((signal) =>
    change(project, { report, signal, lockWait })
  );
  if (options.json) printJson(result);
  if (!options.quiet) {
    const what = result.changed ? done : "nothing to do";
    printMessage(`${what} in ${formatDuration(result.ms)}`);
  }
  return ExitStatus.done;
}

/** The share of a canary: `10` or `10%`. @throws {ZddError} if it isn't a whole percent. */
export function readPercent(text: string): number {
  const percent = /^(\d{1,3})\s*%?$/.exec(text)?.[1];
  if (percent === undefined || Number(percent) > 100) {
    throw new ZddError(
      `Expected a whole percent from 0 to 100, got "${text}"`,
      { exitStatus: ExitStatus.usage },
    );
  }
  return Number(percent);
}

function readSeconds(text?: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new ZddError(`Expected seconds for --lock-wait, got "${text}"`, {
    exitStatus: ExitStatus.usage,
  });
}
