import { type ProcessId, readStat } from "../system/process.ts";

/**
 * Of a server and its workers, which share a socket, the topmost process. A process that
 * has left the start command's session is a daemon, and the processes above it are about to
 * end.
 *
 * @param pids of the processes in `own` that have the socket
 */
export function topmost(
  own: ProcessId[],
  pids: number[],
  leader?: ProcessId,
): ProcessId | undefined {
  const topsOf = (among: number[]) =>
    among.filter((pid) => !among.includes(readStat(pid)?.parent ?? 0));
  const daemons = topsOf(
    pids.filter((pid) => readStat(pid)?.session !== leader?.pid),
  );
  // If there are several, they are workers with their own sessions.
  const [top] = daemons.length === 1 ? daemons : topsOf(pids);
  return own.find(({ pid }) => pid === top);
}
