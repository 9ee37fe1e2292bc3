import { ZddError } from "../../error.ts";
import { identify, type ProcessId } from "../../system/process.ts";
import { readPid } from "../port_file.ts";
import type { Started } from "./kind.ts";

/**
 * The running process that a pid file names, or why there is none.
 *
 * @throws {ZddError} if the start command didn't start it: the owner of the file's
 * directory could name any process.
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
    `"${pidFile}" names process ${pid}, which the start command didn't start`,
  );
}
