import { formatDuration } from "../text/duration.ts";
import { messageOf, ZddError } from "../error.ts";
import { formatAddress } from "../system/address.ts";
import { removeIfExists } from "../system/files.ts";
import {
  descendsFrom,
  INSTANCE_VARIABLE,
  isMarked,
  processesOf,
} from "../system/instance_mark.ts";
import {
  identify,
  isRunning,
  type ProcessId,
  readStat,
} from "../system/process.ts";
import { type Detached, startDetached } from "../system/shell.ts";
import { readTail, sizeOf } from "../system/tail.ts";
import { sleep } from "../system/wait.ts";
import type { Instance } from "./instance.ts";
import {
  type Located,
  type Locator,
  locatorFor,
  type Started,
} from "./locate.ts";
import type { Plan } from "./plan.ts";
import { mayName, readPid } from "./port_file.ts";

/** How long what a service wrote may make no sense before that counts, in ms: it may be half written. */
const SETTLE = 1000;
/** How long none of its processes must be seen, in ms: a daemon is hard to see while it forks. */
const FORKING = 250;
/**
 * How often it is looked for, in ms. Not by `Deno.watchFs`: that hangs for good where a
 * FIFO is made in the directory, as uWSGI does.
 */
const LOOK = 5;
/** How often all processes are looked at for one of a daemon, in ms. */
const LOOK_AT_ALL = 50;

/** A start command that has been run, and what came of it so far. */
export class Launch {
  /** The process of the start command. */
  readonly leader: ProcessId;
  readonly #child: Detached;
  readonly #locator: Locator;
  readonly #startedAt = new Date();
  readonly #logStart: number;
  #status?: number;
  /** What the last look at all processes found, and when that was. */
  #wasAlive = true;
  #lookedAtAll = -Infinity;
  /** Since when none of its processes is seen, in ms of `performance.now()`. */
  #goneSince?: number;

  /**
   * Runs the start command of an instance.
   *
   * @throws {ZddError} if it can't be run.
   */
  constructor(readonly plan: Plan) {
    const { service: { cwd }, start, pidFile, log, env, id } = plan;
    this.#logStart = sizeOf(log);
    this.#locator = locatorFor(plan);
    // A server that finds the pid of a living process there refuses to start.
    if (pidFile !== undefined) removeIfExists(pidFile);
    const marked = { ...env, [INSTANCE_VARIABLE]: id };
    this.#child = startDetached(start, { cwd, log, env: marked });
    const { pid } = this.#child;
    this.leader = identify(pid) ?? { pid, startTime: 0, boot: "" };
    this.#child.exited.then((status) => this.#status = status);
  }

  /**
   * Waits until the instance is found.
   *
   * @throws {ZddError} with the cause and the last lines of its log, as soon as it can't come any more.
   */
  async instance(signal?: AbortSignal): Promise<Instance> {
    const { startTimeout } = this.plan.service;
    const end = performance.now() + startTimeout;
    let nonsense: { message: string; since: number } | undefined;
    for (;;) {
      const now = performance.now();
      let missing: string;
      try {
        const found = this.#locator.look(this.#started);
        if (typeof found !== "string") return this.#record(found);
        missing = found;
        nonsense = undefined;
      } catch (error) {
        missing = messageOf(error);
        if (nonsense?.message !== missing) {
          nonsense = { message: missing, since: now };
        }
        if (now - nonsense.since > SETTLE) {
          const hint = error instanceof ZddError ? error.hint : undefined;
          throw this.failure(missing, hint);
        }
      }
      const ended = this.#ended();
      if (ended !== undefined) throw this.failure(ended);
      if (now >= end) {
        throw this.failure(
          `${missing} after ${formatDuration(startTimeout)}`,
          "if it needs longer, set start_timeout",
        );
      }
      await sleep(Math.min(LOOK, end - now), signal);
    }
  }

  /** An error about this start, with what the instance printed. */
  failure(what: string, hint?: string): ZddError {
    return this.#failure(`didn't start: ${what}`, hint);
  }

  /**
   * The instance as it is now: one that makes itself a daemon goes on in another process.
   *
   * @param lacks what an instance that has ended didn't do
   * @throws {ZddError} with the last lines of its log, if it has.
   */
  async follow(
    instance: Instance,
    lacks = "didn't start",
  ): Promise<Instance> {
    const { process: { pid } } = instance;
    if (isRunning(instance.process)) return instance;
    if (!isRunning(this.leader)) await this.#child.exited;
    const moved = this.#status === 0 ? this.#lookAgain() : undefined;
    if (moved !== undefined) return moved;
    const how = pid === this.leader.pid && this.#status !== undefined
      ? ` with exit status ${this.#status}`
      : "";
    throw this.#failure(`${lacks}: process ${pid} ended${how}`);
  }

  #failure(what: string, hint?: string): ZddError {
    const { service: { name }, log } = this.plan;
    const quote = readTail(log, this.#logStart);
    return new ZddError(`${name} ${what}`, {
      quote,
      source: log,
      hint: hint ?? (quote.length > 0 ? undefined : "it printed nothing"),
    });
  }

  /** Looks anew for an instance that has ended as another process. */
  #lookAgain(): Instance | undefined {
    const { plan: { id }, leader } = this;
    try {
      // One that has just been forked must be seen.
      processesOf(id, leader, { fresh: true });
      const found = this.#locator.look(this.#started);
      return typeof found === "string" ? undefined : this.#record(found);
    } catch {
      return undefined; // what it left makes no sense
    }
  }

  get #started(): Started {
    return { leader: this.leader, isOurs: (process) => this.#isOurs(process) };
  }

  #record({ process, address, portFile }: Located): Instance {
    const { id, service: { name }, number, slot, log, pidFile } = this.plan;
    return {
      id,
      service: name,
      number,
      process,
      address: formatAddress(address),
      slot,
      startedAt: this.#startedAt.toISOString(),
      log,
      pidFile,
      portFile,
    };
  }

  /** Why nothing can come any more; undefined while something can. */
  #ended(): string | undefined {
    if (this.#status === undefined) return undefined;
    const { start, service: { cwd } } = this.plan;
    if (this.#status === 127) {
      return `no such command: "${start}" in "${cwd}" (exit status 127)`;
    }
    if (this.#status !== 0) {
      return `"${start}" ended with exit status ${this.#status}`;
    }
    // A daemon has left its parent behind.
    if (this.#isAlive()) {
      this.#goneSince = undefined;
      return undefined;
    }
    const now = performance.now();
    this.#goneSince ??= now;
    return now - this.#goneSince < FORKING
      ? undefined
      : `"${start}" ended, and none of its processes is left`;
  }

  #isAlive(): boolean {
    const now = performance.now();
    if (now - this.#lookedAtAll < LOOK_AT_ALL) return this.#wasAlive;
    this.#lookedAtAll = now;
    return this.#wasAlive = this.#hasProcesses();
  }

  #hasProcesses(): boolean {
    const pid = readPidOrNothing(this.plan.pidFile);
    return pid !== undefined && identify(pid) !== undefined ||
      processesOf(this.plan.id, this.leader).length > 0;
  }

  /** Whether a process is one that this start brought about. */
  #isOurs(process: ProcessId): boolean {
    const { leader, plan: { id } } = this;
    const { pid } = process;
    if (isMarked(pid, id) || descendsFrom(pid, leader.pid)) return true;
    if (readStat(pid)?.session === leader.pid) return true;
    // Through sudo or a supervisor it has lost the mark, but not its age.
    const { pidFile } = this.plan;
    return process.startTime >= leader.startTime && pidFile !== undefined &&
      mayName(pidFile, pid);
  }
}

function readPidOrNothing(file?: string): number | undefined {
  try {
    return file === undefined ? undefined : readPid(file);
  } catch {
    return undefined;
  }
}
