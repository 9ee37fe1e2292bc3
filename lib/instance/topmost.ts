import { type ProcessId, readStat } from "../system/process.ts";

/**
 * Of a server and its workers, who share a socket, the one above the others. One that has
 * left the start command's session is a daemon, and what is above it is about to end.
 *
 * @param pids those of `own` that have the socket
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
  // Several are workers with sessions of their own.
  const [top] = daemons.length === 1 ? daemons : topsOf(pids);
  return own.find(({ pid }) => pid === top);
}
