import type { ProcessId } from "../system/process.ts";

/** Counts how many processes have ended. */
export class Churn {
  ended = 0;
  #last = new Set<number>();

  look(processes: readonly ProcessId[]): void {
    const present = new Set(processes.map(({ pid }) => pid));
    this.ended += this.#last.difference(present).size;
    this.#last = present;
  }
}
