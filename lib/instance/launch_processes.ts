import type { Address } from "../system/address.ts";
import { childrenOf } from "../system/children.ts";
import {
  identify,
  type ProcessId,
  type ProcessStat,
  readStat,
} from "../system/process.ts";
import { otherProcesses, processTable } from "../system/process_table.ts";
import { isOwnChild } from "../system/shell.ts";
import { holders, listeningInodes } from "../system/sockets.ts";
import { adopt } from "../system/subreaper.ts";
import type { Instance } from "./instance.ts";
import type { Plan } from "./plan.ts";
import { mayName } from "./port_file.ts";
import { ProcessSet } from "./process_set.ts";
import type { Begun } from "./run/runner.ts";
import { runnerFor } from "./run/runners.ts";

/**
 * The pause between two looks at all processes: at least `ms`, and `times` as long as a
 * look.
 */
const SELDOM = { ms: 20, times: 10 };

/** The processes that outlive the start command, and their users. */
export interface Daemons {
  roots: ProcessId[];
  users: number[];
}

/** Launches whose instances haven't been checked yet. */
const starting = new Set<LaunchProcesses>();

/**
 * The processes of an instance that is being started. Meanwhile, orphans become zdd's
 * children. So even a daemon that has left its session and overwritten its environment is
 * found, if it can't belong to another launch.
 */
export class LaunchProcesses implements Disposable {
  readonly #set: ProcessSet;
  #nextLook = -Infinity;
  #last: ProcessId[] = [];
  #daemons = "";
  /** Whether others were started at the same time: any orphan may be theirs. */
  #hasCompany = false;

  /** Called when the processes that outlive the start command have changed. */
  onDaemons?: (daemons: Daemons) => void;

  /** @param subreaper makes orphans zdd's children; undefined if the runner keeps them apart */
  constructor(
    readonly plan: Plan,
    readonly run: Begun,
    readonly subreaper?: Disposable,
  ) {
    const { id, log, pidFile, service } = plan;
    const { leader, handle } = run;
    const runner = runnerFor(service).name;
    const traces = { id, log, pidFile, leader, runner, handle };
    this.#set = ProcessSet.ofStarted(traces);
    starting.add(this);
    if (starting.size > 1) {
      for (const launch of starting) launch.#hasCompany = true;
    }
  }

  /**
   * The known processes that still run. Undefined if there is a new one: then a look must
   * find out whose it is.
   */
  known(): ProcessId[] | undefined {
    const known = this.#set.known();
    const isNew = (process: ProcessStat) =>
      !this.#set.has(process) && !ProcessSet.isOfOther(process, this.plan.id);
    const parents = [Deno.pid, ...known.map(({ pid }) => pid)];
    const hasNew = parents.some((pid) =>
      childrenOf(pid, (child) => !isOwnChild(child)).some(isNew)
    );
    return hasNew ? undefined : known;
  }

  /** All running processes. None is missed that was forked before. */
  look(): ProcessId[] {
    this.#addOrphans();
    return this.#set.look();
  }

  /** As `look`, but shares what is read with others that look at about the same time. */
  async lookInTurn(): Promise<ProcessId[]> {
    this.#addOrphans();
    return await this.#set.lookInTurn();
  }

  /** The running processes as they were a moment ago; one that was just forked may be missing. */
  glance(): ProcessId[] {
    this.#addOrphans();
    return this.#set.glance();
  }

  #addOrphans(): void {
    for (const process of this.#orphans()) {
      if (this.#hasCompany && !this.#servesHere(process)) continue;
      this.#set.add(process);
      adopt(process.pid);
    }
  }

  /** Looks often enough to see daemons fork, and rarely enough to cost little. */
  lookNowAndThen(): ProcessId[] {
    const begin = performance.now();
    if (begin < this.#nextLook) return this.#last;
    this.#last = this.glance();
    this.#noteDaemons();
    const end = performance.now();
    const pause = Math.max(SELDOM.ms, SELDOM.times * (end - begin));
    this.#nextLook = end + pause;
    return this.#last;
  }

  /** Whether a process that the instance's pid file names belongs to this start. */
  isOurs(process: ProcessId): boolean {
    if (this.#set.has(process)) return true;
    this.look();
    if (this.#set.has(process)) return true;
    if (this.#orphans().some(({ pid }) => pid === process.pid)) return true;
    // sudo or a supervisor removes all traces except the start time.
    const { plan: { pidFile }, run: { leader } } = this;
    return process.startTime >= leader.startTime &&
      pidFile !== undefined && mayName(pidFile, process.pid);
  }

  /** The ids of the users that they run as. A process may have begun as root. */
  async users(): Promise<number[]> {
    for (const process of await this.lookInTurn()) this.#set.add(process);
    return [...this.#set.users];
  }

  /** Whether these processes have every socket that a client of an address may reach. */
  async hold(address: Address): Promise<boolean> {
    const pids = (await this.lookInTurn()).map(({ pid }) => pid);
    const inodes = listeningInodes(address);
    return inodes.length > 0 &&
      inodes.every((inode) => holders([inode], pids).length > 0);
  }

  /** Records an instance with these processes as they are now. */
  record(instance: Instance): Instance {
    this.#set.add(instance.process);
    this.#set.traces = instance;
    this.glance();
    this.#noteDaemons();
    return { ...instance, users: this.#users, roots: this.#set.roots() };
  }

  get #users(): number[] {
    return [...this.#set.users].sort((a, b) => a - b);
  }

  #noteDaemons(): void {
    const { leader } = this.run;
    const roots = this.#set.roots().filter(({ pid }) => pid !== leader.pid);
    const pids = roots.map(({ pid }) => pid).join(" ");
    if (pids === this.#daemons) return;
    this.#daemons = pids;
    this.onDaemons?.({ roots, users: this.#users });
  }

  /** Stops making orphans zdd's children. */
  [Symbol.dispose](): void {
    starting.delete(this);
    this.subreaper?.[Symbol.dispose]();
  }

  /** Orphans that have become zdd's children and don't belong to another instance. */
  #orphans(): ProcessId[] {
    if (!starting.has(this) || this.subreaper === undefined) return [];
    const since = this.run.leader.startTime;
    const notBefore = processTable.recently();
    const children = otherProcesses({ since, notBefore })
      .filter(({ pid, parent }) => parent === Deno.pid && !isOwnChild(pid));
    if (children.length === 0) return [];
    const own = readStat(Deno.pid)?.session;
    return children.filter(({ session }) => session !== own)
      .flatMap(({ pid }) => identify(pid) ?? [])
      .filter((process) => !ProcessSet.isOfOther(process, this.plan.id));
  }

  /** Whether a process listens on the address assigned to this instance. */
  #servesHere({ pid }: ProcessId): boolean {
    const { address } = this.plan;
    return address !== undefined &&
      holders(listeningInodes(address), [pid]).length > 0;
  }
}
