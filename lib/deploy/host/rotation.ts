import { dirname, join } from "@std/path";
import type { Config } from "../../config/config.ts";
import { rotationFile, rotationText } from "../../system/logrotate.ts";

/**
 * The configuration that makes the host's logrotate rotate all logs that aren't in systemd's
 * journal; undefined without logrotate, or for an ordinary user, who can't configure it.
 *
 * @param name of the file
 */
export function rotationOf(
  { stateDir, directory, services }: Config,
  name: string,
): { file: string; text: string } | undefined {
  const file = Deno.uid() === 0 ? rotationFile(name) : undefined;
  if (file === undefined) return undefined;
  const known = [
    ...logsIn(stateDir),
    ...["access.log", "error.log"].map((log) => join(directory, log)),
  ];
  const own = services.filter(({ journal }) => journal !== true)
    .map(({ log }) => log.replaceAll("{instance}", "*"));
  // logrotate rejects a file that is listed twice.
  const others = own.filter((log) =>
    !known.includes(log) &&
    !(dirname(log) === join(stateDir, "log") && log.endsWith(".log"))
  );
  return {
    file,
    text: rotationText(
      [...known, ...others],
      `Written by zddeploy boot enable, for ${directory}`,
    ),
  };
}

/** The logs that zddeploy itself opens in a state directory. */
export function logsIn(stateDir: string): string[] {
  return [join(stateDir, "log/*.log"), join(stateDir, "log/*/*.log")];
}
