import type { Address } from "../system/address.ts";
import { childrenOf } from "../system/children.ts";
import {
  identify,
  type ProcessId,
  type ProcessStat,
  readStat,
} from "../system/process.ts";
import { otherProcesses } from "../system/process_table.ts";
import { isOwnChild } from "../system/shell.ts";
import { holders, listeningInodes } from "../system/sockets.ts";
import { adopt } from "../system/subreaper.ts";
import type { Instance } from "./instance.ts";
import type { Plan } from "./plan.ts";
import { mayName } from "./port_file.ts";
import { ProcessSet } from "./process_set.ts";
import type { Begun } from "./run/runner.ts";
import { runnerFor } from "./run/runners.ts";

/** How seldom all processes are looked at now and then, in ms at least, and by how much longer than a look takes. */
const SELDOM = { ms: 20, times: 10 };

/** What goes on without the start command, and as whom. */
export interface Daemons {
  roots: ProcessId[];
  users: number[];
}

/** Those of launches whose instances aren't checked yet. */
const starting = new Set<LaunchProcesses>();

/**
 * The processes of an instance that is being started. What loses its parent becomes zdd's
 * child meanwhile: a daemon that has left its session and overwritten its environment is
 * found by that, if it can be no other launch's.
 */
export class LaunchProcesses implements Disposable {
  readonly #set: ProcessSet;
  #nextLook = -Infinity;
  #last: ProcessId[] = [];
  #daemons = "";
  /** Whether others were started at the same time: theirs may be among the orphans for good. */
  #hasCompany = false;

  /** Told when what goes on without the start command has changed. */
  onDaemons?: (daemons: Daemons) => void;

  /** @param subreaper what makes it zdd's child; undefined where nothing of it can become one */
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
   * Those that were seen and still run. Undefined if one has been forked that wasn't seen
   * yet: only a look tells whose it is.
   */
  known(): ProcessId[] | undefined {
    const known = this.#set.known();
    const isNew = (process: ProcessStat) =>
      !this.#set.has(process) && !isOwnChild(process.pid) &&
      !ProcessSet.isOfOther(process, this.plan.id);
    const parents = [Deno.pid, ...known.map(({ pid }) => pid)];
    return parents.flatMap(childrenOf).some(isNew) ? undefined : known;
  }

  /**
   * Those that run.
   *
   * @param fresh looks anew, where one that has just been forked must not be missed
   */
  look(fresh: boolean): ProcessId[] {
    for (const process of this.#orphans()) {
      if (this.#hasCompany && !this.#servesHere(process)) continue;
      this.#set.add(process);
      adopt(process.pid);
    }
    return this.#set.look({ fresh });
  }

  /** Looks so often that daemons are seen while they fork, and so seldom that it costs little. */
  lookNowAndThen(): ProcessId[] {
    const begin = performance.now();
    if (begin < this.#nextLook) return this.#last;
    this.#last = this.look(false);
    this.#noteDaemons();
    const end = performance.now();
    const pause = Math.max(SELDOM.ms, SELDOM.times * (end - begin));
    this.#nextLook = end + pause;
    return this.#last;
  }

  /** Whether a process that the instance's pid file names is one that this start brought about. */
  isOurs(process: ProcessId): boolean {
    if (this.#set.has(process)) return true;
    this.look(true);
    if (this.#set.has(process)) return true;
    if (this.#orphans().some(({ pid }) => pid === process.pid)) return true;
    // Through sudo or a supervisor it has lost all, but not its age.
    const { plan: { pidFile }, run: { leader } } = this;
    return process.startTime >= leader.startTime &&
      pidFile !== undefined && mayName(pidFile, process.pid);
  }

  /** The ids of the users as whom they run; what began as root may be another's by now. */
  users(): number[] {
    for (const process of this.look(true)) this.#set.add(process);
    return [...this.#set.users];
  }

  /** Whether every socket that a client of an address may reach is one of theirs. */
  hold(address: Address): boolean {
    const pids = this.look(true).map(({ pid }) => pid);
    const inodes = listeningInodes(address);
    return inodes.length > 0 &&
      inodes.every((inode) => holders([inode], pids).length > 0);
  }

  /** Records an instance with these processes as they are now. */
  record(instance: Instance): Instance {
    this.#set.add(instance.process);
    this.#set.traces = instance;
    this.look(false);
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

  /** From now on, what loses its parent isn't kept. */
  [Symbol.dispose](): void {
    starting.delete(this);
    this.subreaper?.[Symbol.dispose]();
  }

  /** What has become zdd's child, and whose nobody else can tell. */
  #orphans(): ProcessId[] {
    if (!starting.has(this) || this.subreaper === undefined) return [];
    const own = readStat(Deno.pid)?.session;
    const since = this.run.leader.startTime;
    return otherProcesses({ since, fresh: false }).filter((
      { pid, parent, session },
    ) => parent === Deno.pid && session !== own && !isOwnChild(pid)).flatMap((
      { pid },
    ) => identify(pid) ?? [])
      .filter((process) => !ProcessSet.isOfOther(process, this.plan.id));
  }

  /** Whether a process listens on the address that was handed out to this instance alone. */
  #servesHere({ pid }: ProcessId): boolean {
    const { address } = this.plan;
    return address !== undefined &&
      holders(listeningInodes(address), [pid]).length > 0;
  }
}
