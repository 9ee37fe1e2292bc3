import { readSmallFile } from "../system/files.ts";
import {
  childrenOf,
  commandLine,
  identify,
  type ProcessId,
} from "../system/process.ts";

const MASTER_TITLE = "nginx: master process ";
const WORKER_TITLE = "nginx: worker process";

/** An nginx worker, as its title tells. */
export interface Worker {
  process: ProcessId;
  /** It takes no new connections, and ends when its last one does. */
  shuttingDown: boolean;
}

/**
 * nginx's master process as its pid file names it; undefined if there is none: no
 * pid file, an empty one (`nginx -t` leaves that), or a number that belongs to
 * something else by now, which must never be sent a signal.
 *
 * @param conf the main configuration file, which the master must not contradict
 */
export function findMaster(
  pidFile: string,
  conf: string,
): ProcessId | undefined {
  let text: string | undefined;
  try {
    text = readSmallFile(pidFile);
  } catch {
    return undefined;
  }
  if (text === undefined || !/^\d+\s*$/.test(text)) return undefined;
  const process = identify(Number(text));
  return process !== undefined && isMaster(process.pid, conf)
    ? process
    : undefined;
}

/** Whether a process is an nginx master, and of this configuration as far as its title tells. */
function isMaster(pid: number, conf: string): boolean {
  const title = commandLine(pid);
  if (!title.startsWith(MASTER_TITLE)) return false;
  const named = / -c ?(\S+)/.exec(title)?.[1];
  if (named === undefined || !named.startsWith("/")) return true;
  return realPath(named) === realPath(conf);
}

/** The workers of a master; empty if it is gone. */
export function workersOf(master: ProcessId): Worker[] {
  return childrenOf(master.pid).flatMap(({ pid }) => {
    const title = commandLine(pid);
    const process = identify(pid);
    if (process === undefined || !title.startsWith(WORKER_TITLE)) return [];
    return [{ process, shuttingDown: title.includes("shutting down") }];
  });
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}
