import type { NginxConfig } from "../config/config.ts";
import { formatDuration } from "../text/duration.ts";
import { ExitStatus, ZddError } from "../error.ts";
import { waitUntil } from "../system/wait.ts";

/** Whether the configuration may include files of others beside the rendered one. */
export function isShared({ conf, rendered }: NginxConfig): boolean {
  return conf !== rendered;
}

/**
 * Waits until no other deploy tests or reloads an nginx that is shared, at most twice
 * `reload_timeout`: it could take another's reload for its own, or find a file that
 * another is about to take back. The turn ends when it is disposed of, or with zdd.
 *
 * @throws {ZddError} with exit status 3, if it doesn't come.
 */
export async function lockNginx(
  config: NginxConfig,
  signal?: AbortSignal,
): Promise<Disposable | undefined> {
  if (!isShared(config)) return undefined;
  const { conf } = config;
  const timeout = 2 * config.reloadTimeout;
  const file = openOrNothing(conf);
  if (file === undefined) return undefined;
  try {
    const take = () => file.tryLockSync(true) ? true : undefined;
    if (await waitUntil(take, { timeout, interval: 20, signal })) {
      return { [Symbol.dispose]: () => file.close() };
    }
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  throw new ZddError(
    `Another deploy has been reloading nginx for ${formatDuration(timeout)}`,
    {
      hint: `"fuser ${conf}" tells which process has locked it`,
      exitStatus: ExitStatus.locked,
    },
  );
}

/** nginx itself says best what is wrong with a configuration that can't be read. */
function openOrNothing(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path);
  } catch {
    return undefined;
  }
}
