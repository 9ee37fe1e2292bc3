import { messageOf, ZddError } from "../error.ts";
import { drain } from "../instance/drain.ts";
import { prepareHold } from "../live/hold.ts";
import { LiveLinks } from "../live/links.ts";
import type { Rendered } from "../live/render.ts";
import { HOLD } from "../live/steering.ts";
import { requireAccess, seesProcess } from "../nginx/access.ts";
import { workersOf } from "../nginx/master.ts";
import type { Journal } from "../state/journal.ts";
import { type State, stateOf } from "../state/state.ts";
import type { ProcessId } from "../system/process.ts";
import { sleep } from "../system/wait.ts";
import { formatDuration } from "../text/duration.ts";
import { placesOf, requireHoldable } from "./holdable.ts";
import { Holder } from "./holder.ts";
import type { Pause } from "./pause.ts";
import { stopwatch } from "./report.ts";
import { switchedWorkers } from "./retire.ts";
import type { Run } from "./run.ts";

/** How long before `max` to give up waiting for a service to be idle, in ms. */
const MARGIN = 250;
/** How long after `max` the other process counts as stuck, in ms. */
const STUCK = 500;

/** The result of a pause. */
export interface Held {
  /** How many requests waited. */
  held: number;
  /** How many of them no instance accepted. */
  lost: number;
  /** How long the first one may have waited, in ms. */
  ms: number;
}

/**
 * Holds new requests to some services, until `lift` passes them on to the instances that serve.
 *
 * Another process holds them, so that they are passed on whatever happens to this one, after
 * `max` at the latest. The link is in the journal, so that the next run also removes it.
 */
export class Hold {
  readonly #took = stopwatch();

  private constructor(
    readonly run: Run,
    readonly pause: Pause,
    readonly links: LiveLinks,
    readonly holder: Holder,
  ) {}

  /**
   * Begins to hold.
   *
   * @param state with the addresses of all slots
   * @param rendered the nginx.conf that runs
   * @throws {ZddError} if that isn't possible.
   */
  static async begin(
    run: Run,
    pause: Pause,
    journal: Journal,
    state: State,
    rendered: Rendered,
  ): Promise<Hold> {
    const { project, directory, report } = run;
    const { services, max } = pause;
    requireHoldable(project, rendered, pause);
    const links = new LiveLinks(directory.path);
    const places = services.flatMap((name) =>
      placesOf(project.config, links.directory, state, name)
    );
    const order = { stateDir: directory.path, places, max };
    const holder = await Holder.start(order);
    const hold = new Hold(run, pause, links, holder);
    try {
      const workers = workersOf(project.nginx.master());
      requireAccess(workers, links.directory);
      for (const { path } of places) requireAccess(workers, path);
      const { pid } = holder;
      const seen = seesProcess(workers, pid) ? pid : undefined;
      const link = prepareHold(links.directory, services, seen);
      journal.recordLinks({ ...journal.entries.links, [HOLD]: null });
      links.point(HOLD, link);
    } catch (error) {
      await hold.lift();
      throw error;
    }
    for (const subject of services) {
      const message = `holding new requests for at most ${formatDuration(max)}`;
      report({ step: "hold", subject, message });
    }
    return hold;
  }

  /**
   * Runs the command when the services are idle, while requests are held.
   *
   * @param state the state with the instances that serve
   * @param oldWorkers nginx's workers with an earlier nginx.conf
   * @param ending ends it early by throwing its reason
   * @throws {ZddError} if the services stay in use, the command fails, or it takes too long.
   */
  async use(
    state: State,
    oldWorkers: readonly ProcessId[] = [],
    ending = this.run.signal,
  ): Promise<void> {
    const { command, max } = this.pause;
    const { ended } = this.holder;
    const done = new AbortController();
    const stuck = new AbortController();
    const end = () => stuck.abort();
    sleep(max + STUCK - this.#took(), done.signal).then(end, () => {});
    const signal = AbortSignal.any([
      ...[ended, stuck.signal],
      ...ending ? [ending] : [],
    ]);
    try {
      await this.#untilUnused(state, oldWorkers, signal);
      await this.run.hooks.command("pause", command, state, signal);
      signal.throwIfAborted();
    } catch (error) {
      const isLate = ended.aborted && !(ended.reason instanceof ZddError) ||
        stuck.signal.aborted;
      if (!isLate || ending?.aborted) throw error;
      throw new ZddError(
        `The pause took longer than --max, ${formatDuration(max)}: requests ` +
          "go on",
        {
          hint:
            "if the command was running, it was told to end: check what it has done",
        },
      );
    } finally {
      done.abort();
    }
  }

  async #untilUnused(
    state: State,
    oldWorkers: readonly ProcessId[],
    signal: AbortSignal,
  ): Promise<void> {
    const { project: { nginx }, report } = this.run;
    const { services, max, wait } = this.pause;
    const workers = switchedWorkers(nginx, oldWorkers);
    // Ends before the other process passes the requests on by itself.
    const timeout = Math.min(wait ?? max, max - MARGIN) - this.#took();
    await Promise.all(services.map(async (subject) => {
      const took = stopwatch();
      const waiting = "waiting until it is idle";
      report({ step: "hold", subject, message: waiting, level: "begin" });
      const { current, canary } = stateOf(state, subject);
      const left = await Promise.all(
        [...current, ...canary?.instances ?? []].map((instance) =>
          drain(instance, workers, Math.max(timeout, 0), signal)
        ),
      );
      const connections = left.reduce((sum, one) => sum + one.connections, 0);
      const isFree = left.every((one) => one.connections + one.workers === 0);
      if (!isFree && wait === undefined) {
        throw new ZddError(
          `${subject} is still in use, by ${counted(connections)}, after ` +
            formatDuration(took()),
          {
            hint: "a longer --max waits longer; with --wait SECONDS, " +
              "connections that last, such as websockets, may stay",
          },
        );
      }
      const message = isFree ? "idle" : `${counted(connections)} left open`;
      const level = isFree ? undefined : "warning";
      report({ step: "hold", subject, message, ms: took(), level });
    }));
  }

  /** Passes requests on to the instances that serve now. */
  async lift(): Promise<Held> {
    const { report } = this.run;
    this.links.point(HOLD, undefined);
    const ms = Math.round(this.#took());
    try {
      const { held, lost } = await this.holder.release();
      const message = `passed on ${held} held request${held === 1 ? "" : "s"}`;
      report({ step: "hold", subject: "nginx", message, ms });
      if (lost > 0) {
        const message =
          `${lost} held requests failed: no instance accepted them`;
        report({ step: "hold", subject: "nginx", message, level: "warning" });
      }
      return { held, lost, ms };
    } catch (error) {
      const message = messageOf(error);
      report({ step: "hold", subject: "nginx", message, level: "warning" });
      return { held: 0, lost: 0, ms };
    }
  }
}

function counted(connections: number): string {
  return `${connections} connection${connections === 1 ? "" : "s"}`;
}
