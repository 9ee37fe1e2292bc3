import { formatDuration } from "../text/duration.ts";
import { messageOf, ZddError } from "../error.ts";
import { formatAddress } from "../system/address.ts";
import { removeIfExists } from "../system/files.ts";
import { identify, isRunning, type ProcessId } from "../system/process.ts";
import { listeningInodes, socketFile } from "../system/sockets.ts";
import { Subreaper } from "../system/subreaper.ts";
import { sleep, waitUntil } from "../system/wait.ts";
import type { Located, Locator, Started } from "./address/kind.ts";
import { addressKind } from "./address/kinds.ts";
import type { Instance } from "./instance.ts";
import { addressOf } from "./instance_address.ts";
import { Churn } from "./churn.ts";
import { failureOf, lateFailure, silence } from "./launch_failure.ts";
import type { Plan } from "./plan.ts";
import { LaunchProcesses } from "./launch_processes.ts";
import { readPidOrNothing } from "./port_file.ts";
import { follow } from "./processes.ts";
import type { Begun } from "./run/runner.ts";
import { runnerFor } from "./run/runners.ts";

/** How long what a service wrote may make no sense before that counts, in ms: it may be half written. */
const SETTLE = 1000;
/** How long none of its processes must be seen, in ms: a daemon is hard to see while it forks. */
const FORKING = 250;
/**
 * How often it is looked for at first, in ms, and later, so that looking takes no time from
 * those that start. Not by `Deno.watchFs`: that hangs for good where a FIFO is made in the
 * directory, as uWSGI does.
 */
const LOOK = 5;
/** Daemons must be seen while they fork. */
const LATER_LOOK = 20;
/** How often an instance that was found is looked at, in ms. */
const WATCH = 50;
/** So many of its processes end only where something is wrong. */
const RESTLESS = 5;
/** How long an instance may need to go on in another process, in ms, as long as one of it is left. */
const RESTART = 1000;

/**
 * Begins an instance.
 *
 * @throws {ZddError} if it can't be run.
 */
export async function start(plan: Plan): Promise<Launch> {
  const locator = addressKind(plan.service).locator(plan);
  const startedAt = new Date();
  // A server that finds the pid of a living process there refuses to start.
  if (plan.pidFile !== undefined) removeOwn(plan.pidFile);
  const runner = runnerFor(plan.service);
  // Nothing that it starts must get away before it is known.
  const subreaper = runner.isApart ? undefined : new Subreaper();
  try {
    const run = await runner.begin(plan);
    const processes = new LaunchProcesses(plan, run, subreaper);
    return new Launch(plan, run, locator, startedAt, processes);
  } catch (error) {
    subreaper?.[Symbol.dispose]();
    throw error;
  }
}

/** An instance that was begun, and what came of it so far. Disposing of it leaves the instance alone. */
export class Launch implements Disposable {
  readonly #ended = new AbortController();
  readonly #churn = new Churn();
  #status?: number;
  #instance?: Instance;
  #isCommitted = false;
  /** While it is waited for that its runner starts it again. */
  #return?: Promise<Instance | undefined>;
  /** What one that ends now didn't do. */
  #lacks = "didn't start";
  #isChecked = false;
  #isConfirmed = false;
  #watch?: ReturnType<typeof setInterval>;
  /** Since when none of its processes is seen, in ms of `performance.now()`. */
  #goneSince?: number;

  /** @param run what {@linkcode start} has begun */
  constructor(
    readonly plan: Plan,
    readonly run: Begun,
    readonly locator: Locator,
    readonly startedAt: Date,
    readonly processes: LaunchProcesses,
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
    const begin = performance.now();
    const end = begin + startTimeout;
    let nonsense: { message: string; since: number } | undefined;
    for (;;) {
      const now = performance.now();
      let missing: string;
      try {
        this.#churn.look(this.processes.lookNowAndThen());
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
      if (ended !== undefined) {
        throw await this.failure(ended, await silence(this.run));
      }
      if (now >= end) {
        const what = `${missing} after ${formatDuration(startTimeout)}`;
        throw await lateFailure(this, `didn't start: ${what}`);
      }
      const pause = Math.min(Math.max(LOOK, (now - begin) / 20), LATER_LOOK);
      await sleep(Math.min(pause, end - now), signal);
    }
  }

  /** Takes note that the instance has been checked: one that ends from now on didn't stay up. */
  checked(): void {
    this.#lacks = "didn't stay up";
    this.#isChecked = true;
    this.processes[Symbol.dispose]();
  }

  /** Takes note that the instance serves: what its runner starts again may be followed. */
  committed(): void {
    this.#isCommitted = true;
  }

  /**
   * Looks at the instance that was found. One that makes itself a daemon goes on in another
   * process. The first look after the check, before it is put live, is at its address too.
   *
   * @throws {ZddError} with the last lines of its log, if it has ended or its address isn't
   * its own any more.
   */
  async look(): Promise<Instance> {
    const moved = this.#isChecked || this.#listens
      ? undefined
      : this.#locateAgain();
    const present = this.#record(moved ?? await this.#follow());
    if (!this.#isChecked || this.#isConfirmed) return present;
    await this.#confirm(present);
    this.#isConfirmed = true;
    return present;
  }

  /** A worker doesn't, and the command around it may run another process by now. */
  get #listens(): boolean {
    return this.#instance?.address !== undefined;
  }

  async #confirm(instance: Instance): Promise<void> {
    const { address, socketFile: file } = instance;
    const parsed = addressOf(instance);
    if (parsed !== undefined && "path" in parsed) {
      const isSame = file === undefined || socketFile(parsed.path) === file;
      // Whatever has the path by now.
      if (!isSame && !this.processes.hold({ path: parsed.path })) {
        throw await this.failure(`another program listens on ${address}`);
      }
    }
    const { confirm } = addressKind(this.plan.service);
    if (confirm === undefined) return;
    const pids = this.processes.look(true).map(({ pid }) => pid);
    try {
      confirm(this.plan, pids);
    } catch (error) {
      const hint = error instanceof ZddError ? error.hint : undefined;
      throw await this.failure(messageOf(error), hint);
    }
  }

  async #follow(): Promise<Instance> {
    this.#ended.signal.throwIfAborted();
    const known = this.#instance;
    if (known === undefined) throw new TypeError("it wasn't found");
    if (isRunning(known.process)) return known;
    if (this.#isCommitted) {
      this.#return ??= this.#startedAgain(known)
        .finally(() => this.#return = undefined);
      const again = await this.#return;
      if (again !== undefined) return this.#record(again);
    }
    await this.#settle();
    const end = performance.now() + RESTART;
    while (this.processes.look(true).length > 0) {
      const moved = follow(this.#record(known)) ?? this.#locateAgain();
      if (moved !== undefined) return this.#record(moved);
      if (performance.now() > end) break;
      await sleep(LOOK);
    }
    const { pid } = known.process;
    const isOwn = pid === this.leader.pid || !this.#listens;
    const how = isOwn && this.#status !== undefined
      ? ` with exit status ${this.#status}`
      : "";
    const failure = await this.#failure(
      `${this.#lacks}: process ${pid} ended${how}`,
      await silence(this.run),
    );
    this.#ended.abort(failure);
    throw this.#ended.signal.reason;
  }

  /** Waits for the exit status of the first process, if that has ended. */
  async #settle(): Promise<void> {
    const hasEnded = () =>
      this.#status !== undefined || isRunning(this.leader) ? true : undefined;
    await waitUntil(hasEnded, { timeout: RESTART });
  }

  /** That its processes keep ending, as workers do that can't load their application. */
  get unrest(): string | undefined {
    const { ended } = this.#churn;
    return ended < RESTLESS
      ? undefined
      : `${ended} of its processes have ended meanwhile`;
  }

  /** An error about this start, with what the instance printed. */
  async failure(what: string, hint?: string): Promise<ZddError> {
    return await this.#failure(`didn't start: ${what}`, hint);
  }

  /** Looks at the instance no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#watch);
    this.processes[Symbol.dispose]();
  }

  /** The instance as its runner has started it again; undefined if it doesn't. */
  async #startedAgain(known: Instance): Promise<Instance | undefined> {
    const { service } = this.plan;
    if (runnerFor(service).restarts === undefined || service.restart === "no") {
      return undefined;
    }
    return await waitUntil(() => follow(known), {
      timeout: service.startTimeout,
    });
  }

  #failure(what: string, hint?: string): Promise<ZddError> {
    return failureOf(this.plan, this.run, what, hint);
  }

  #found({ process, address, portFile }: Located): Instance {
    const look = () => {
      if (!this.#isChecked) this.#churn.look(this.processes.lookNowAndThen());
      return this.#follow().catch(() => clearInterval(this.#watch));
    };
    const watch = setInterval(look, WATCH);
    Deno.unrefTimer(watch); // zdd doesn't stay for this
    this.#watch = watch;
    const { id, service, number, slot, pidFile } = this.plan;
    return this.#record({
      id,
      service: service.name,
      number,
      process,
      address: address && formatAddress(address),
      slot,
      startedAt: this.startedAt.toISOString(),
      log: this.run.log ?? this.plan.log,
      pidFile,
      portFile,
      runner: runnerFor(service).name,
      handle: this.run.handle,
      leader: this.leader,
      sockets: address && listeningInodes(address),
      socketFile: address && "path" in address
        ? socketFile(address.path)
        : undefined,
    });
  }

  /** Takes note of the instance with its processes as they are now. */
  #record(instance: Instance): Instance {
    return this.#instance = this.processes.record(instance);
  }

  /** Looks anew for an instance that has ended as another process, where its files say. */
  #locateAgain(): Instance | undefined {
    try {
      const found = this.locator.look(this.#started);
      if (typeof found === "string" || this.#instance === undefined) return;
      const { process, address, portFile } = found;
      const at = { address: address && formatAddress(address), portFile };
      return { ...this.#instance, process, ...at };
    } catch {
      return undefined; // what it left makes no sense
    }
  }

  get #started(): Started {
    return {
      leader: this.leader,
      address: this.run.address,
      status: this.#status,
      known: () => this.processes.known(),
      processes: (fresh) => this.processes.look(fresh),
      isOurs: (process) => this.processes.isOurs(process),
    };
  }

  /** Why nothing can come any more; undefined while something can. */
  #cannotCome(): string | undefined {
    if (this.#status === undefined) return undefined;
    const { start, service: { cwd } } = this.plan;
    const { name = `"${start}"`, isWhole } = this.run;
    if (this.#status === 127 && !isWhole) {
      return `no such command: "${start}" in "${cwd}" (exit status 127)`;
    }
    if (this.#status !== 0 || isWhole) {
      return `${name} ended with exit status ${this.#status}`;
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
    const { pidFile } = this.plan;
    const pid = pidFile === undefined ? undefined : readPidOrNothing(pidFile);
    return pid !== undefined && identify(pid) !== undefined ||
      this.processes.look(false).length > 0;
  }
}

/** Removes what the service may have made something else of. */
function removeOwn(path: string): void {
  try {
    removeIfExists(path);
  } catch { /* it is read with care */ }
}
