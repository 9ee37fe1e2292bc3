import { libc, rareLibc } from "./libc.ts";
import { readStat } from "./process.ts";

/** prctl(2), linux/prctl.h. */
const PR_SET_CHILD_SUBREAPER = 36;
/** waitpid(2). */
const WNOHANG = 1;

let users = 0;

/**
 * Until it is disposed of, orphaned descendants of this process become its children instead
 * of init's (PR_SET_CHILD_SUBREAPER, prctl(2)): a daemon can't get away while it is being
 * started. Does nothing if that isn't possible.
 */
export class Subreaper implements Disposable {
  #done = false;

  constructor() {
    if (users++ === 0) set(1);
  }

  [Symbol.dispose](): void {
    if (this.#done) return;
    this.#done = true;
    if (--users === 0) set(0);
  }
}

function set(on: 0 | 1): void {
  try {
    libc().prctl(PR_SET_CHILD_SUBREAPER, BigInt(on), 0n, 0n, 0n);
  } catch { /* another C library */ }
}

/** The pids of processes that have become children of this one. */
const adopted = new Set<number>();

/** Remembers a process that has become a child of this one but wasn't started by Deno. */
export function adopt(pid: number): void {
  adopted.add(pid);
}

/**
 * Waits for an adopted process that has ended, so that it leaves no zombie that others
 * would wait for. Deno does that for processes it started itself.
 */
export function reap(pid: number): void {
  if (!adopted.has(pid)) return;
  const stat = readStat(pid);
  if (stat?.state !== "Z" || stat.parent !== Deno.pid) return;
  adopted.delete(pid);
  try {
    rareLibc().waitpid(pid, new Int32Array(1), WNOHANG);
  } catch { /* another C library */ }
}
