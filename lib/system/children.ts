import { allPids, type ProcessStat, readLiving } from "./process.ts";
import { numbersIn, readFile } from "./procfs.ts";

/**
 * The living children of a process.
 *
 * @param isWanted leaves out pids; asked before anything is read about them
 */
export function childrenOf(
  pid: number,
  isWanted: (child: number) => boolean = () => true,
): ProcessStat[] {
  return (listedChildren(pid) ?? allPids()).filter(isWanted)
    .flatMap((child) => readLiving(child) ?? [])
    .filter(({ parent }) => parent === pid);
}

/** How often a list of children is read if it keeps changing. */
const TRIES = 5;

/**
 * The children that the kernel lists for each thread of a process (proc(5), `children`).
 * This is much faster than reading all processes. While one child ends, the list may lack
 * another, so it must be the same twice in a row. Undefined if the kernel has no such list,
 * or it keeps changing.
 */
function listedChildren(pid: number): number[] | undefined {
  let before: string | undefined;
  for (let tries = 0; tries < TRIES; tries++) {
    const list = readLists(pid);
    if (list !== undefined && list === before) {
      return list.split(" ").filter((word) => word !== "").map(Number);
    }
    before = list;
  }
  return undefined;
}

function readLists(pid: number): string | undefined {
  let all = "";
  for (const thread of numbersIn(`/proc/${pid}/task`)) {
    const list = readFile(`/proc/${pid}/task/${thread}/children`);
    if (list === undefined) return undefined;
    all += list;
  }
  return all;
}
