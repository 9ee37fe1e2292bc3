import { ZddError } from "../../error.ts";
import { identify, type ProcessId, readStat } from "../../system/process.ts";
import { readPid } from "../port_file.ts";
import type { Started } from "./kind.ts";

/**
 * Of a server and its workers, who share a socket, the one above the others. One that has
 * left the start command's session is a daemon, and what is above it is about to end.
 */
export function topmost(
  own: ProcessId[],
  pids: number[],
  leader: ProcessId,
): ProcessId | undefined {
  const topsOf = (among: number[]) =>
    among.filter((pid) => !among.includes(readStat(pid)?.parent ?? 0));
  const daemons = topsOf(
    pids.filter((pid) => readStat(pid)?.session !== leader.pid),
  );
  // Several are workers with sessions of their own.
  const [top] = daemons.length === 1 ? daemons : topsOf(pids);
  return own.find(({ pid }) => pid === top);
}

/**
 * The running process that a pid file names, or why there is none.
 *
 * @throws {ZddError} if it names one that isn't of this start: whoever owns the file's
 * directory could name any.
 */
export function namedProcess(
  pidFile: string,
  { isOurs }: Started,
): ProcessId | string {
  const pid = readPid(pidFile);
  if (pid === undefined) return `no pid in "${pidFile}"`;
  const process = identify(pid);
  if (process === undefined) {
    return `process ${pid}, which "${pidFile}" names, isn't running`;
  }
  if (isOurs(process)) return process;
  throw new ZddError(
    `"${pidFile}" names process ${pid}, which this start didn't start`,
  );
}
