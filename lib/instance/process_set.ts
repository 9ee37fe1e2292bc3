import { parseAddress } from "../system/address.ts";
import {
  currentBoot,
  identify,
  isRunning,
  openFiles,
  type ProcessId,
  readStat,
  userOf,
} from "../system/process.ts";
import {
  descendedFrom,
  otherProcesses,
  processTable,
  type SeenProcess,
} from "../system/process_table.ts";
import { holders, listeningInodes } from "../system/sockets.ts";
import { adopt, reap } from "../system/subreaper.ts";
import type { Instance } from "./instance.ts";
import { mayName, readPid } from "./port_file.ts";
import type { Ran } from "./run/runner.ts";
import { runnerOf } from "./run/runners.ts";
import { type IdentifiedProcess, StartedSets } from "./started_sets.ts";

/** What an instance is found by. All except those of `Ran` may be missing. */
export type Traces =
  & Ran
  & Partial<
    Pick<
      Instance,
      | "process"
      | "address"
      | "leader"
      | "roots"
      | "users"
      | "sockets"
      | "pidFile"
      | "runner"
    >
  >;

/** How often to look while processes end that may have left others behind. */
const ROUNDS = 5;

/** The process sets of instances that this run has started. */
const started = new StartedSets<ProcessSet>();

/**
 * The processes of an instance, which come and go. They are looked for repeatedly. A
 * process that was found stays known, however it changes.
 *
 * These belong to the instance for certain: recorded processes, with their start time;
 * those that the runner keeps together; those whose parent, or whose session's or process
 * group's leader, is certain; and those that hold the very socket on which the instance
 * listened. All other signs could be forged: they count only for processes of the
 * instance's users.
 */
export class ProcessSet {
  /** The user ids that its processes ran as. */
  readonly users: Set<number>;
  readonly #known = new Map<number, ProcessId>();
  /** The last known parents, by pid. */
  readonly #parents = new Map<number, number>();
  /** Whether one that may be its own had ended when it was to be examined. */
  #hasMissed = false;
  /** The sessions and process groups that its processes lead, or once led and are still in. */
  #led = new Set<number>();

  /** The set of an instance that this run has started, or a new one. */
  static of(traces: Traces): ProcessSet {
    return started.get(traces.id) ?? new ProcessSet(traces);
  }

  /**
   * A set for an instance that is being started. It is kept: some processes are found only
   * then.
   */
  static ofStarted(traces: Traces): ProcessSet {
    const processes = new ProcessSet(traces);
    started.add(processes, processes.#known.keys());
    return processes;
  }

  /** Whether a process belongs to another instance that this run has started. */
  static isOfOther(process: IdentifiedProcess, id: string): boolean {
    return started.hasOther(process, id);
  }

  constructor(public traces: Traces) {
    const { users = [Deno.uid() ?? 0], process, leader, roots = [] } = traces;
    this.users = new Set(users);
    // If an instance deploys its successor, zdd's own ancestors must not be ended.
    const others = [leader, ...roots].filter((one) =>
      one !== undefined && !descendedFrom(one.pid)
    );
    for (const one of [process, ...others]) {
      if (one !== undefined && isRunning(one)) this.add(one);
    }
  }

  /** Adds a process that certainly belongs to the instance. */
  add(process: ProcessId): void {
    this.#known.set(process.pid, process);
    started.noteKnown(process.pid, this);
    const user = userOf(process.pid);
    if (user !== undefined) this.users.add(user);
  }

  /** Whether a process is known to belong to the instance. */
  has({ pid, startTime }: IdentifiedProcess): boolean {
    return this.#known.get(pid)?.startTime === startTime;
  }

  /** The known processes that still run. There may be others by now. */
  known(): ProcessId[] {
    this.#forgetEnded();
    return [...this.#known.values()];
  }

  /** All processes that run now. None is missed that was forked before. */
  look(): ProcessId[] {
    let found = this.#examine();
    for (let round = 1; this.#hasMissed && round < ROUNDS; round++) {
      found = this.#examine();
    }
    return found;
  }

  /** As `look`, but shares what is read with others that look at about the same time. */
  async lookInTurn(): Promise<ProcessId[]> {
    let found = this.#examine(await processTable.turn());
    for (let round = 1; this.#hasMissed && round < ROUNDS; round++) {
      found = this.#examine(await processTable.turn());
    }
    return found;
  }

  /** The processes that run, as they were a moment ago; one that was just forked may be missing. */
  glance(): ProcessId[] {
    return this.#examine(processTable.recently());
  }

  /**
   * Finds its own among all processes, as read at `notBefore` or later. If one has ended since
   * then, it may have left a child behind, which was forked too late to be read.
   */
  #examine(notBefore?: number): ProcessId[] {
    this.#hasMissed = false;
    const boot = this.#boot;
    const kept = runnerOf(this.traces).processes(this.traces);
    // After a reboot, only a container can have been started again.
    if (boot !== undefined && boot !== currentBoot()) return kept;
    const table = otherProcesses({ since: this.#since, notBefore });
    this.#forgetEnded(table);
    for (const process of kept) this.add(process);
    const suspects = table.filter((seen) =>
      !this.#known.has(seen.pid) && !ProcessSet.isOfOther(seen, this.traces.id)
    );
    for (const { pid } of suspects.filter((one) => this.#isTraced(one))) {
      this.#take(pid);
    }
    this.#takeRelated(table);
    this.#takeServing(table);
    this.#noteAdopted(table);
    return [...this.#known.values()];
  }

  /** The known processes whose parents aren't known. */
  roots(): ProcessId[] {
    return [...this.#known.values()].filter(({ pid }) =>
      !this.#known.has(this.#parents.get(pid) ?? readStat(pid)?.parent ?? 0)
    );
  }

  /** Notes orphans that have become zdd's children. */
  #noteAdopted(table: SeenProcess[]): void {
    for (const { pid, parent } of table) {
      if (!this.#known.has(pid)) continue;
      const before = this.#parents.get(pid) ?? parent;
      if (parent === Deno.pid && before !== parent) adopt(pid);
      this.#parents.set(pid, parent);
    }
  }

  get #boot(): string | undefined {
    const { leader, process } = this.traces;
    return (leader ?? process)?.boot;
  }

  /** The earliest start time of its processes, in clock ticks after boot. */
  get #since(): number {
    return this.traces.leader?.startTime ?? 0;
  }

  #take(pid: number): void {
    const process = identify(pid);
    if (process !== undefined) this.add(process);
    else this.#hasMissed = true;
  }

  /** @param table processes that count as running */
  #forgetEnded(table: readonly SeenProcess[] = []): void {
    const seen = new Map(table.map(({ pid, startTime }) => [pid, startTime]));
    for (const process of this.#known.values()) {
      const { pid, startTime } = process;
      if (seen.get(pid) === startTime || isRunning(process)) continue;
      this.#known.delete(process.pid);
      started.noteEnded(pid, this);
      reap(process.pid);
    }
  }

  /**
   * Whether a process's environment, or its session and log, show that it is the
   * instance's.
   */
  #isTraced(seen: SeenProcess): boolean {
    const { id, leader, log } = this.traces;
    if (!this.#isOfItsUser(seen)) return false;
    if (seen.mark() === id) return this.#isStillOfItsUser(seen);
    const { pid, session } = seen;
    // The mark of one that has ended can't be read.
    if (seen.mark() === undefined && identify(pid) === undefined) {
      this.#hasMissed = true;
    }
    // The leader must have ended, and its pid must not have been reused.
    return leader !== undefined && session === leader.pid && pid !== session &&
      !this.#known.has(session) && identify(session) === undefined &&
      [...openFiles(pid).values()].some((file) => file === log) &&
      this.#isStillOfItsUser(seen);
  }

  /** Leaves out most others at little cost. What it finds must be checked again in the end. */
  #isOfItsUser(seen: SeenProcess): boolean {
    return this.#isOneOfUsers(seen.user());
  }

  /**
   * Whether a process that has a sign of the instance is of one of its users. It may have
   * become another user's since its user was read, and then got the sign: `sudo -u nobody`
   * begins as root.
   */
  #isStillOfItsUser({ pid }: SeenProcess): boolean {
    return this.#isOneOfUsers(userOf(pid));
  }

  /** @param user of a process; undefined if that has ended */
  #isOneOfUsers(user: number | undefined): boolean {
    if (user === undefined) this.#hasMissed = true;
    return user !== undefined && this.users.has(user);
  }

  /** Adds children, and processes in a session or process group that a known one leads. */
  #takeRelated(table: SeenProcess[]): void {
    for (let before = -1; before < this.#known.size;) {
      before = this.#known.size;
      for (const seen of table) {
        const { pid, parent, session, group } = seen;
        if (this.#known.has(pid)) continue;
        const related = this.#known.has(parent) || this.#led.has(session) ||
          this.#led.has(group) || this.#leads(session) || this.#leads(group);
        if (related && !this.#isOfAnother(seen)) this.#take(pid);
      }
    }
    // A pid isn't reused while a session or a group has that number.
    const alive = table.filter(({ pid }) => this.#known.has(pid));
    this.#led = new Set(
      alive.flatMap(({ session, group }) => [session, group])
        .filter((number) => this.#led.has(number) || this.#leads(number)),
    );
  }

  #leads(number: number): boolean {
    return this.#known.has(number);
  }

  /** Whether a process is another instance's: this run started it, or its mark says so. */
  #isOfAnother(seen: SeenProcess): boolean {
    const { id } = this.traces;
    const mark = seen.mark();
    return mark !== undefined && mark !== id || ProcessSet.isOfOther(seen, id);
  }

  /**
   * If the main process has ended, adds the one that has its socket, or that its pid file
   * names.
   */
  #takeServing(table: SeenProcess[]): void {
    const { process, sockets = [], address, pidFile } = this.traces;
    const main = process ?? this.traces.leader;
    if (main !== undefined && this.has(main)) return;
    const listening = address === undefined ? undefined : parseAddress(address);
    if (listening === undefined) return;
    const inodes = listeningInodes(listening);
    const inherited = inodes.filter((inode) => sockets.includes(inode));
    const mayBeIts = (seen: SeenProcess) =>
      !this.#known.has(seen.pid) && this.#isOfItsUser(seen) &&
      !this.#isOfAnother(seen);
    if (inherited.length > 0) {
      const others = table.filter(mayBeIts);
      const holding = holders(inherited, others.map(({ pid }) => pid));
      for (const seen of others) {
        if (!holding.includes(seen.pid)) continue;
        if (this.#isStillOfItsUser(seen)) this.#take(seen.pid);
      }
    }
    const named = pidFile === undefined ? undefined : readPidFile(pidFile);
    const seen = table.find(({ pid }) => pid === named);
    if (seen !== undefined && mayBeIts(seen)) {
      const family = table.filter(({ pid, parent }) =>
        pid === seen.pid || parent === seen.pid
      ).map(({ pid }) => pid);
      const isServing = holders(inodes, family).length > 0;
      if (isServing && this.#isStillOfItsUser(seen)) this.#take(seen.pid);
    }
    this.#takeRelated(table);
  }
}

/** The process that a pid file names and may name; undefined if there is none. */
function readPidFile(pidFile: string): number | undefined {
  try {
    const pid = readPid(pidFile);
    return pid !== undefined && mayName(pidFile, pid) ? pid : undefined;
  } catch {
    return undefined; // it names no process
  }
}
