import { formatDuration } from "../text/duration.ts";
import { messageOf, ZddError } from "../error.ts";
import { formatAddress } from "../system/address.ts";
import { removeIfExists } from "../system/files.ts";
import {
  descendsFrom,
  isMarked,
  processesOf,
} from "../system/instance_mark.ts";
import {
  identify,
  isRunning,
  type ProcessId,
  readStat,
} from "../system/process.ts";
import { sleep } from "../system/wait.ts";
import type { Located, Locator, Started } from "./address/kind.ts";
import { addressKind } from "./address/kinds.ts";
import type { Instance } from "./instance.ts";
import type { Plan } from "./plan.ts";
import { mayName, readPid } from "./port_file.ts";
import type { Run } from "./run/runner.ts";
import { runnerFor } from "./run/runners.ts";

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
/** How often an instance that was found is looked at, in ms. */
const WATCH = 50;

/**
 * Begins an instance.
 *
 * @throws {ZddError} if it can't be run.
 */
export async function start(plan: Plan): Promise<Launch> {
  const locator = addressKind(plan.service).locator(plan);
  const startedAt = new Date();
  // A server that finds the pid of a living process there refuses to start.
  if (plan.pidFile !== undefined) removeIfExists(plan.pidFile);
  const run = await runnerFor(plan.service).begin(plan);
  return new Launch(plan, run, locator, startedAt);
}

/** An instance that was begun, and what came of it so far. Disposing of it leaves the instance alone. */
export class Launch implements Disposable {
  readonly #ended = new AbortController();
  #status?: number;
  #instance?: Instance;
  /** What one that ends now didn't do. */
  #lacks = "didn't start";
  #watch?: ReturnType<typeof setInterval>;
  /** What the last look at all processes found, and when that was. */
  #wasAlive = true;
  #lookedAtAll = -Infinity;
  /** Since when none of its processes is seen, in ms of `performance.now()`. */
  #goneSince?: number;

  /** @param run what {@linkcode start} has begun */
  constructor(
    readonly plan: Plan,
    readonly run: Run,
    readonly locator: Locator,
    readonly startedAt: Date,
  ) {
    run.exited.then((status) => this.#status = status);
  }

  /** The process of the start command. */
  get leader(): ProcessId {
    return this.run.leader;
  }

  /**
   * Aborted when an instance that was found has ended, at the latest 50 ms later; the
   * reason is a ZddError with its last words.
   */
  get ended(): AbortSignal {
    return this.#ended.signal;
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
        const found = this.locator.look(this.#started);
        if (typeof found !== "string") return this.#found(found);
        missing = found;
        nonsense = undefined;
      } catch (error) {
        missing = messageOf(error);
        if (nonsense?.message !== missing) {
          nonsense = { message: missing, since: now };
        }
        if (now - nonsense.since > SETTLE) {
          const hint = error instanceof ZddError ? error.hint : undefined;
          throw await this.failure(missing, hint);
        }
      }
      const ended = this.#cannotCome();
      if (ended !== undefined) throw await this.failure(ended);
      if (now >= end) {
        throw await this.failure(
          `${missing} after ${formatDuration(startTimeout)}`,
          "if it needs longer, set start_timeout",
        );
      }
      await sleep(Math.min(LOOK, end - now), signal);
    }
  }

  /** Takes note that the instance has been checked: one that ends from now on didn't stay up. */
  checked(): void {
    this.#lacks = "didn't stay up";
  }

  /**
   * Looks at the instance that was found. One that makes itself a daemon goes on in another
   * process.
   *
   * @throws {ZddError} with the last lines of its log, if it has ended.
   */
  async look(): Promise<Instance> {
    this.#ended.signal.throwIfAborted();
    const known = this.#instance;
    if (known === undefined) throw new TypeError("it wasn't found");
    if (isRunning(known.process)) return known;
    if (!isRunning(this.leader)) await this.run.exited;
    const moved = this.#status === 0 ? this.#lookAgain() : undefined;
    if (moved !== undefined) return this.#instance = moved;
    const { pid } = known.process;
    const how = pid === this.leader.pid && this.#status !== undefined
      ? ` with exit status ${this.#status}`
      : "";
    const failure = await this.#failure(
      `${this.#lacks}: process ${pid} ended${how}`,
    );
    this.#ended.abort(failure);
    throw this.#ended.signal.reason;
  }

  /** An error about this start, with what the instance printed. */
  async failure(what: string, hint?: string): Promise<ZddError> {
    return await this.#failure(`didn't start: ${what}`, hint);
  }

  /** Looks at the instance no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#watch);
  }

  async #failure(what: string, hint?: string): Promise<ZddError> {
    const quote = await this.run.output();
    return new ZddError(`${this.plan.service.name} ${what}`, {
      quote,
      source: this.run.source,
      hint: hint ?? (quote.length > 0 ? undefined : "it printed nothing"),
    });
  }

  #found(located: Located): Instance {
    const look = () => this.look().catch(() => clearInterval(this.#watch));
    const watch = setInterval(look, WATCH);
    Deno.unrefTimer(watch); // zdd doesn't stay for this
    this.#watch = watch;
    return this.#instance = this.#record(located);
  }

  /** Looks anew for an instance that has ended as another process. */
  #lookAgain(): Instance | undefined {
    try {
      // One that has just been forked must be seen.
      processesOf(this.plan.id, this.leader, { fresh: true });
      const found = this.locator.look(this.#started);
      return typeof found === "string" ? undefined : this.#record(found);
    } catch {
      return undefined; // what it left makes no sense
    }
  }

  get #started(): Started {
    return { leader: this.leader, isOurs: (process) => this.#isOurs(process) };
  }

  #record({ process, address, portFile }: Located): Instance {
    const { id, service, number, slot, log, pidFile } = this.plan;
    return {
      id,
      service: service.name,
      number,
      process,
      address: formatAddress(address),
      slot,
      startedAt: this.startedAt.toISOString(),
      log,
      pidFile,
      portFile,
      runner: runnerFor(service).name,
      handle: this.run.handle,
    };
  }

  /** Why nothing can come any more; undefined while something can. */
  #cannotCome(): string | undefined {
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
