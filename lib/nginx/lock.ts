import { basename, dirname, join } from "@std/path";
import type { NginxConfig } from "../config/config.ts";
import { formatDuration } from "../text/duration.ts";
import { ExitStatus, reasonOf, ZddError } from "../error.ts";
import { holdDirectory } from "../system/held.ts";
import { userOf } from "../system/process.ts";
import { openPrivate, openToRead } from "../system/safe_open.ts";
import { waitUntil } from "../system/wait.ts";
import { findMaster } from "./master.ts";

/** Whether the configuration may include other files beside the rendered one. */
export function isShared({ conf, rendered }: NginxConfig): boolean {
  return conf !== rendered;
}

/**
 * Locks a shared nginx, so that no other deploy tests or reloads it at the same time. Waits
 * for at most twice `reload_timeout`. Without the lock, a deploy could mistake another's
 * reload for its own, or test a file that another is about to revert. The lock is released
 * when it is disposed of, or when zdd ends.
 *
 * The lock file is beside nginx's pid file. Only root and the user of nginx's master may
 * open it: anyone else who could open it could block all deploys (flock(2)).
 *
 * @throws {ZddError} with exit status 3, if it doesn't get the lock in time.
 */
export async function lockNginx(
  config: NginxConfig,
  signal?: AbortSignal,
): Promise<Disposable | undefined> {
  if (!isShared(config)) return undefined;
  using turn = new DisposableStack();
  const { path, file, users } = openLock(config);
  turn.adopt(file, (file) => file.close());
  await take(path, config, () => file.tryLockSync(true), signal);
  const former = openOrNothing(config.conf);
  if (former !== undefined) {
    turn.adopt(former, (file) => file.close());
    const isFree = () =>
      former.tryLockSync(true) || !isLockedBy(former.statSync().ino, users);
    await take(config.conf, config, isFree, signal);
  }
  return turn.move();
}

async function take(
  path: string,
  { reloadTimeout }: NginxConfig,
  isTaken: () => boolean,
  signal?: AbortSignal,
): Promise<void> {
  const timeout = 2 * reloadTimeout;
  const attempt = () => isTaken() ? true : undefined;
  if (await waitUntil(attempt, { timeout, interval: 20, signal })) return;
  throw new ZddError(
    `Another deploy has been reloading nginx for ${formatDuration(timeout)}`,
    {
      hint: `"fuser ${path}" shows which process has locked it`,
      exitStatus: ExitStatus.locked,
    },
  );
}

/** The lock file, and the users who may reload nginx, one of whom owns it. */
function openLock({ pidFile, conf }: NginxConfig) {
  let path = `${pidFile}.lock`;
  try {
    { // /var/run/nginx.pid and /run/nginx.pid are the same file.
      using directory = holdDirectory(dirname(pidFile));
      path = join(directory.place, basename(path));
    }
    const master = findMaster(pidFile, conf);
    const owner = master && userOf(master.pid);
    const users = [0, Deno.uid() ?? 0, owner ?? 0];
    return { path, file: openPrivate(path, { owner, users }), users };
  } catch (error) {
    throw new ZddError(`Cannot lock "${path}": ${reasonOf(error)}`, {
      hint: "run zddeploy as the user who runs nginx",
      cause: error,
    });
  }
}

/**
 * The main configuration, which zdd 0.1 locked. Every user may read it, and so lock it:
 * only locks of users who may reload nginx count. If it can't be read, nginx says why.
 */
function openOrNothing(conf: string): Deno.FsFile | undefined {
  try {
    return openToRead(conf);
  } catch {
    return undefined;
  }
}

/**
 * Whether a process of one of these users has locked a file. Lines of /proc/locks look like
 * `1: FLOCK  ADVISORY  WRITE 4711 08:02:131 0 EOF` (proc(5)).
 */
function isLockedBy(inode: number | null, users: number[]): boolean {
  const pattern = /^\d+: FLOCK +\S+ +\S+ (\d+) \w+:\w+:(\d+) /gm;
  const locks = Deno.readTextFileSync("/proc/locks").matchAll(pattern);
  return [...locks].some(([, pid, locked]) => {
    const user = userOf(Number(pid));
    return Number(locked) === inode && user !== undefined &&
      users.includes(user);
  });
}
