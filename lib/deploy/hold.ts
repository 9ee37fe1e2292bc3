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

/** How long before `max` is told that somebody still uses a service, in ms. */
const MARGIN = 250;
/** How long after `max` is taken for granted that the other process doesn't come to it, in ms. */
const STUCK = 500;

/** What a pause has come to. */
export interface Held {
  /** How many requests have waited. */
  held: number;
  /** How many of them nobody took when they went on. */
  lost: number;
  /** How long the first may have waited, in ms. */
  ms: number;
}

/**
 * Holds new requests to some services, until `lift` lets them go on to whoever serves.
 *
 * Another process holds them, so that they go on whatever happens to this one: at the
 * latest after `max`. The journal knows of the link, so that the next run removes it, too.
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
   * Runs the command when nobody uses the services any more. Requests are still held then.
   *
   * @param state who serves
   * @param oldWorkers nginx's workers that know an earlier nginx.conf
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
    // Before the requests go on by themselves.
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

  /** Lets requests go on, to whoever serves now. Tells what they went through. */
  async lift(): Promise<Held> {
    const { report } = this.run;
    this.links.point(HOLD, undefined);
    const ms = Math.round(this.#took());
    try {
      const { held, lost } = await this.holder.release();
      const message = `passed on ${held} held request${held === 1 ? "" : "s"}`;
      report({ step: "hold", subject: "nginx", message, ms });
      if (lost > 0) {
        const message = `${lost} held requests failed: nobody took them`;
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
