import { messageOf, ZddError } from "../error.ts";
import { identify } from "../system/process.ts";
import { sleep } from "../system/wait.ts";
import { formatDuration } from "../text/duration.ts";
import type { Located, Locator, Started } from "./address/kind.ts";
import type { Churn } from "./churn.ts";
import { type FailedLaunch, lateFailure, silence } from "./launch_failure.ts";
import { readPidOrNothing } from "./port_file.ts";

/**
 * How long a service's files may make no sense before that counts, in ms: they may be half
 * written.
 */
const SETTLE = 1000;
/** How long no process must be found, in ms: a daemon is hard to find while it forks. */
const FORKING = 250;
/**
 * How often to look for an instance at first, in ms. Later, looks are rarer and take less
 * time from the starting instances. `Deno.watchFs` can't be used: it hangs forever if a
 * FIFO is created in the directory, as uWSGI does.
 */
const LOOK = 2;
/** How often to look later, in ms. Daemons must be seen while they fork. */
const LATER_LOOK = 20;

/** A start whose instance is searched for. */
export interface Searched extends FailedLaunch {
  readonly locator: Locator;
  readonly churn: Churn;
  readonly started: Started;
  /** An error about this start, with what the instance printed. */
  failure(what: string, hint?: string): Promise<ZddError>;
}

/** The search for the instance of a start command. */
export class Search {
  /** Since when no process is found, in ms of `performance.now()`. */
  #goneSince?: number;

  constructor(readonly launch: Searched) {}

  /**
   * Waits until the instance is found.
   *
   * @throws {ZddError} with the cause and the last lines of its log, as soon as the start
   * has failed.
   */
  async find(signal?: AbortSignal): Promise<Located> {
    const { launch } = this;
    const { startTimeout } = launch.plan.service;
    const begin = performance.now();
    const end = begin + startTimeout;
    let nonsense: { message: string; since: number } | undefined;
    for (;;) {
      const now = performance.now();
      let missing: string;
      try {
        launch.churn.look(launch.processes.lookNowAndThen());
        const found = launch.locator.look(launch.started);
        if (typeof found !== "string") return found;
        missing = found;
        nonsense = undefined;
      } catch (error) {
        missing = messageOf(error);
        if (nonsense?.message !== missing) {
          nonsense = { message: missing, since: now };
        }
        if (now - nonsense.since > SETTLE) {
          const hint = error instanceof ZddError ? error.hint : undefined;
          throw await launch.failure(missing, hint);
        }
      }
      const ended = this.#cannotCome();
      if (ended !== undefined) {
        throw await launch.failure(ended, await silence(launch.run));
      }
      if (now >= end) {
        const what = `${missing} after ${formatDuration(startTimeout)}`;
        throw await lateFailure(launch, `didn't start: ${what}`);
      }
      const pause = Math.min(Math.max(LOOK, (now - begin) / 20), LATER_LOOK);
      await sleep(Math.min(pause, end - now), signal);
    }
  }

  /** Why the start has failed; undefined while it can still succeed. */
  #cannotCome(): string | undefined {
    const { plan, run, started: { status } } = this.launch;
    if (status === undefined) return undefined;
    const { start, service: { cwd } } = plan;
    const { name = `"${start}"`, isWhole } = run;
    if (status === 127 && !isWhole) {
      return `no such command: "${start}" in "${cwd}" (exit status 127)`;
    }
    if (status !== 0 || isWhole) {
      return `${name} ended with exit status ${status}`;
    }
    // The parent of a daemon ends with status 0.
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
    const { plan: { pidFile }, processes } = this.launch;
    const pid = pidFile === undefined ? undefined : readPidOrNothing(pidFile);
    return pid !== undefined && identify(pid) !== undefined ||
      processes.glance().length > 0;
  }
}
