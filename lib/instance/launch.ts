import { messageOf, ZddError } from "../error.ts";
import { formatAddress } from "../system/address.ts";
import { isRunning, type ProcessId } from "../system/process.ts";
import { listeningInodes, socketFile } from "../system/sockets.ts";
import { sleep, waitUntil } from "../system/wait.ts";
import type { Located, Locator, Started } from "./address/kind.ts";
import { addressKind } from "./address/kinds.ts";
import type { Instance } from "./instance.ts";
import { addressOf } from "./instance_address.ts";
import { Churn } from "./churn.ts";
import { failureOf, silence } from "./launch_failure.ts";
import type { Plan } from "./plan.ts";
import type { LaunchProcesses } from "./launch_processes.ts";
import { follow } from "./processes.ts";
import type { Begun } from "./run/runner.ts";
import { runnerFor } from "./run/runners.ts";
import { Search } from "./search.ts";

/** How often to check an instance that was found, in ms. */
const WATCH = 50;
/** How often to look for the process that an instance continues in, in ms. */
const LOOK = 5;
/** If this many of its processes have ended, something is wrong. */
const RESTLESS = 5;
/** How long an instance may take to continue in another process, in ms, while any is left. */
const RESTART = 1000;

/** An instance that was started, and its progress. Disposing of it doesn't end the instance. */
export class Launch implements Disposable {
  readonly #ended = new AbortController();
  /** How many of its processes have ended. */
  readonly churn = new Churn();
  #status?: number;
  #instance?: Instance;
  #isCommitted = false;
  /** Set while waiting for the runner to restart the instance. */
  #return?: Promise<Instance | undefined>;
  /** What the instance has failed to do, if it ends now. */
  #lacks = "didn't start";
  #isChecked = false;
  #isConfirmed = false;
  #watch?: ReturnType<typeof setInterval>;

  /** @param run what the runner has started */
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
   * Aborted at most 50 ms after an instance that was found has ended. The reason is a
   * ZddError with its last output.
   */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * Waits until the instance is found.
   *
   * @throws {ZddError} with the cause and the last lines of its log, as soon as the start
   * has failed.
   */
  async instance(signal?: AbortSignal): Promise<Instance> {
    return this.#found(await new Search(this).find(signal));
  }

  /** Notes that the instance has been checked: if it ends from now on, it didn't stay up. */
  checked(): void {
    this.#lacks = "didn't stay up";
    this.#isChecked = true;
    this.processes[Symbol.dispose]();
  }

  /** Notes that the instance serves: if its runner restarts it, it may be followed. */
  committed(): void {
    this.#isCommitted = true;
  }

  /**
   * Checks the instance that was found. If it turns into a daemon, it continues in another
   * process. The first call after the check, before the instance goes live, also checks its
   * address.
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

  /** False for a worker, whose surrounding command may run another process by now. */
  get #listens(): boolean {
    return this.#instance?.address !== undefined;
  }

  async #confirm(instance: Instance): Promise<void> {
    const { address, socketFile: file } = instance;
    const parsed = addressOf(instance);
    if (parsed !== undefined && "path" in parsed) {
      const isSame = file === undefined || socketFile(parsed.path) === file;
      // Without the file's identity: the socket that has the path now.
      if (!isSame && !await this.processes.hold({ path: parsed.path })) {
        throw await this.failure(`another program listens on ${address}`);
      }
    }
    const { confirm } = addressKind(this.plan.service);
    if (confirm === undefined) return;
    const pids = this.processes.look().map(({ pid }) => pid);
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
    while (this.processes.look().length > 0) {
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

  /** A note if its processes keep ending, as workers that can't load their application do. */
  get unrest(): string | undefined {
    const { ended } = this.churn;
    return ended < RESTLESS
      ? undefined
      : `${ended} of its processes have ended meanwhile`;
  }

  /** An error about this start, with what the instance printed. */
  async failure(what: string, hint?: string): Promise<ZddError> {
    return await this.#failure(`didn't start: ${what}`, hint);
  }

  /** Stops watching the instance. */
  [Symbol.dispose](): void {
    clearInterval(this.#watch);
    this.processes[Symbol.dispose]();
  }

  /** The instance after its runner has restarted it; undefined if it doesn't. */
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
      if (!this.#isChecked) this.churn.look(this.processes.lookNowAndThen());
      return this.#follow().catch(() => clearInterval(this.#watch));
    };
    const watch = setInterval(look, WATCH);
    Deno.unrefTimer(watch); // doesn't keep zdd running
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

  /** Notes the instance with its current processes. */
  #record(instance: Instance): Instance {
    return this.#instance = this.processes.record(instance);
  }

  /** Locates an instance again whose process has ended and that may continue in another. */
  #locateAgain(): Instance | undefined {
    try {
      const found = this.locator.look(this.started);
      if (typeof found === "string" || this.#instance === undefined) return;
      const { process, address, portFile } = found;
      const at = { address: address && formatAddress(address), portFile };
      return { ...this.#instance, process, ...at };
    } catch {
      return undefined; // its files make no sense
    }
  }

  /** What is known of the start for a locator. */
  get started(): Started {
    return {
      leader: this.leader,
      address: this.run.address,
      status: this.#status,
      known: () => this.processes.known(),
      processes: () => this.processes.look(),
      glance: () => this.processes.glance(),
      isOurs: (process) => this.processes.isOurs(process),
    };
  }
}
