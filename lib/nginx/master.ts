import { childrenOf } from "../system/children.ts";
import { realPath } from "../system/files.ts";
import { readSmallFile } from "../system/safe_open.ts";
import {
  allProcesses,
  commandLine,
  identify,
  type ProcessId,
  userOf,
} from "../system/process.ts";

export const MASTER_TITLE = "nginx: master process ";
const WORKER_TITLE = "nginx: worker process";

/** An nginx worker, recognized by its title. */
export interface Worker {
  process: ProcessId;
  /** It accepts no new connections, and ends with its last one. */
  shuttingDown: boolean;
}

/**
 * nginx's master process, from its pid file. If that is missing, out of date or empty
 * (`nginx -t` leaves it empty), the master whose title names the configuration. Undefined
 * if there is none. A pid that another process has by now must never get a signal.
 *
 * @param conf the main configuration file; a master whose title names another one doesn't
 * count
 */
export function findMaster(
  pidFile: string,
  conf: string,
): ProcessId | undefined {
  const named = readMaster(pidFile);
  if (named !== undefined && confOf(named) !== "other") return named;
  const found = allProcesses().find(({ pid }) => {
    const process = identify(pid);
    return process !== undefined && confOf(process) === "same";
  });
  return found && identify(found.pid);

  function confOf({ pid }: ProcessId): "same" | "other" | "unknown" {
    const title = commandLine(pid);
    if (!title.startsWith(MASTER_TITLE) || !isTrusted(pid)) return "other";
    // The path may contain blanks.
    if (`${title} `.includes(` -c ${conf} `)) return "same";
    const path = confIn(title);
    if (path === undefined) return "unknown";
    return realPath(path) === realPath(conf) ? "same" : "other";
  }
}

/** The configuration in a master's title; undefined if it runs with the default one. */
export function confIn(title: string): string | undefined {
  return / -c ?(\/\S+)/.exec(title)?.[1];
}

/** The master that a pid file names, with any configuration; undefined if there is none. */
export function findNamedMaster(
  pidFile: string,
): { pid: number; conf?: string } | undefined {
  const named = readMaster(pidFile);
  return named && { pid: named.pid, conf: confIn(commandLine(named.pid)) };
}

/**
 * The old master that runs beside a new one while nginx's binary is being upgraded
 * (SIGUSR2); undefined if there is none.
 */
export function findOldMaster(pidFile: string): ProcessId | undefined {
  return readMaster(`${pidFile}.oldbin`);
}

/** The nginx master that a pid file names. */
function readMaster(pidFile: string): ProcessId | undefined {
  try {
    const text = readSmallFile(pidFile) ?? "";
    const process = /^\d+\s*$/.test(text) ? identify(Number(text)) : undefined;
    return process && isTrusted(process.pid) &&
        commandLine(process.pid).startsWith(MASTER_TITLE)
      ? process
      : undefined;
  } catch {
    return undefined;
  }
}

/** Any user can give a process any title, so only those of root and of zdd's user count. */
function isTrusted(pid: number): boolean {
  const user = userOf(pid);
  return user === 0 || user === Deno.uid();
}

/** The workers of a master; empty if there is none. */
export function workersOf(master?: ProcessId): Worker[] {
  if (master === undefined) return [];
  return childrenOf(master.pid).flatMap(({ pid }) => {
    const title = commandLine(pid);
    const process = identify(pid);
    if (process === undefined || !title.startsWith(WORKER_TITLE)) return [];
    return [{ process, shuttingDown: title.includes("shutting down") }];
  });
}
