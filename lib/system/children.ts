import { allPids, type ProcessStat, readLiving } from "./process.ts";
import { numbersIn, readFile } from "./procfs.ts";

/** The children of a process, dead ones left out. */
export function childrenOf(pid: number): ProcessStat[] {
  return (listedChildren(pid) ?? allPids())
    .flatMap((child) => readLiving(child) ?? [])
    .filter(({ parent }) => parent === pid);
}

/** How often a list of children is read that changes meanwhile. */
const TRIES = 5;

/**
 * The children that the kernel lists for each thread of a process (proc(5), `children`),
 * which takes far less than a look at all processes. While one of them ends, the list may
 * lack another. It must be the same twice in turn: one that has ended isn't in it again.
 * Undefined where the kernel has no such list, or where it doesn't settle.
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
