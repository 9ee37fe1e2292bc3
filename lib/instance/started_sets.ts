import type { ProcessId } from "../system/process.ts";

/** What identifies a process in this boot. */
export type IdentifiedProcess = Pick<ProcessId, "pid" | "startTime">;

/** The processes of an instance, as far as they are known. */
interface KnownProcesses {
  readonly traces: { readonly id: string };
  has(process: IdentifiedProcess): boolean;
}

/** The process sets of the instances that this run has started, and which knows a process. */
export class StartedSets<T extends KnownProcesses> {
  readonly #byId = new Map<string, T>();
  readonly #byPid = new Map<number, Set<T>>();

  /** The set of an instance; undefined if this run hasn't started it. */
  get(id: string): T | undefined {
    return this.#byId.get(id);
  }

  /** Adds the set of an instance. @param pids of the processes that it knows already */
  add(processes: T, pids: Iterable<number>): void {
    this.#byId.set(processes.traces.id, processes);
    for (const pid of pids) this.noteKnown(pid, processes);
  }

  /** Notes that a set knows a process, if it is one of these sets. */
  noteKnown(pid: number, processes: T): void {
    if (this.#byId.get(processes.traces.id) !== processes) return;
    this.#byPid.set(
      pid,
      (this.#byPid.get(pid) ?? new Set()).add(processes),
    );
  }

  /** Notes that a process has ended that a set knew. */
  noteEnded(pid: number, processes: T): void {
    const knowing = this.#byPid.get(pid);
    knowing?.delete(processes);
    if (knowing?.size === 0) this.#byPid.delete(pid);
  }

  /** Whether the set of another instance knows a process. */
  hasOther(process: IdentifiedProcess, id: string): boolean {
    for (const other of this.#byPid.get(process.pid) ?? []) {
      if (other.traces.id !== id && other.has(process)) return true;
    }
    return false;
  }
}
