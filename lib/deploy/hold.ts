import type { Config } from "../config/config.ts";
import { ExitStatus, messageOf, ZddError } from "../error.ts";
import { drain } from "../instance/drain.ts";
import type { Slot } from "../instance/slots.ts";
import {
  type HoldEvent,
  type HoldOrder,
  type HoldPlace,
  prepareHold,
} from "../live/hold.ts";
import { upstreamOf } from "../live/identifiers.ts";
import { LiveLinks } from "../live/links.ts";
import type { Rendered } from "../live/render.ts";
import { HOLD, holdAddress } from "../live/steering.ts";
import type { Journal } from "../state/journal.ts";
import { type State, stateOf } from "../state/state.ts";
import { inheritedEnvironment } from "../system/environment.ts";
import { keepDescriptors } from "../system/inherited.ts";
import type { ProcessId } from "../system/process.ts";
import { traceCommand } from "../system/trace.ts";
import { formatDuration } from "../text/duration.ts";
import { requireHoldable } from "./holdable.ts";
import { isSlotted } from "./live_switch.ts";
import { ownCommand } from "./finish_apart.ts";
import type { Pause } from "./pause.ts";
import { stopwatch } from "./report.ts";
import { switchedWorkers } from "./retire.ts";
import type { Run } from "./run.ts";

/** How long before `max` is told that somebody still uses a service, in ms. */
const MARGIN = 250;

/** What a pause has come to. */
export interface Held {
  /** How many requests have waited. */
  held: number;
  /** How many of them nobody took when they went on. */
  lost: number;
  /** How long they were held, in ms. */
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
  readonly #released = Promise.withResolvers<
    Extract<HoldEvent, { event: "released" }>
  >();
  readonly #handedOn = Promise.withResolvers<number>();
  readonly #late = new AbortController();
  readonly #links: LiveLinks;
  #input?: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(readonly run: Run, readonly pause: Pause) {
    this.#links = new LiveLinks(run.directory.path);
  }

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
    requireHoldable(run.project, rendered, pause);
    const hold = new Hold(run, pause);
    await hold.#start(journal, state);
    return hold;
  }

  /** Aborted with the reason, if requests go on before they should. */
  get signal(): AbortSignal {
    return this.#late.signal;
  }

  async #start(journal: Journal, state: State): Promise<void> {
    const { project: { config }, directory, report } = this.run;
    const { services, max } = this.pause;
    const link = prepareHold(this.#links.directory, services);
    const places = services.flatMap((name) =>
      placesOf(config, this.#links.directory, state, name)
    );
    const order = { stateDir: directory.path, link, places, max };
    await this.#startProcess(order);
    journal.recordLinks({ ...journal.entries.links, [HOLD]: null });
    this.#links.point(HOLD, link);
    for (const subject of services) {
      const message = `holds new requests, for ${formatDuration(max)} at most`;
      report({ step: "hold", subject, message });
    }
  }

  /** Starts the process that holds them, and waits until it can. */
  async #startProcess(order: HoldOrder): Promise<void> {
    const [program = "", ...first] = ownCommand();
    const args = [...first, "__hold"];
    keepDescriptors();
    traceCommand([program, ...args], this.run.directory.path);
    const child = new Deno.Command(program, {
      args,
      clearEnv: true,
      env: inheritedEnvironment(["DENO_*", "XDG_CACHE_HOME"]),
      cwd: this.run.directory.path,
      detached: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    child.unref();
    const ready = Promise.withResolvers<void>();
    ready.promise.catch(() => {});
    this.#released.promise.catch(() => {});
    this.#handedOn.promise.catch(() => {});
    this.#listen(child.stdout, ready);
    this.#input = child.stdin.getWriter();
    const line = `${JSON.stringify(order)}\n`;
    await this.#input.write(new TextEncoder().encode(line));
    await ready.promise;
  }

  /** Hears what the process tells, until it ends. */
  async #listen(
    output: ReadableStream<Uint8Array>,
    ready: PromiseWithResolvers<void>,
  ): Promise<void> {
    let reason = "the process that holds requests has ended";
    try {
      let rest = "";
      const texts = output.pipeThrough(new TextDecoderStream());
      for await (const text of texts) {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const event: HoldEvent = JSON.parse(line);
          if (event.event === "ready") ready.resolve();
          else if (event.event === "failed") reason = event.message;
          else if (event.event === "released") {
            this.#released.resolve(event);
            if (event.late) this.#late.abort(this.#tooLate());
          } else {
            this.#handedOn.resolve(event.lost);
            return;
          }
        }
      }
    } catch (error) {
      reason = messageOf(error);
    }
    const error = new ZddError(`Cannot hold requests: ${reason}`);
    ready.reject(error);
    this.#released.reject(error);
    this.#handedOn.reject(error);
    this.#late.abort(error);
  }

  #tooLate(): ZddError {
    const { max } = this.pause;
    return new ZddError(
      `Requests go on after ${formatDuration(max)}: it took longer than --max`,
      {
        hint: "what was running then has been told to end; look at what it did",
      },
    );
  }

  /** Waits until nobody uses the services. @throws {ZddError} if somebody still does in the end. */
  async untilUnused(
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
      const waiting = "waiting until nobody uses it";
      report({ step: "hold", subject, message: waiting, level: "begin" });
      const { current, canary } = stateOf(state, subject);
      const left = await Promise.all(
        [...current, ...canary?.instances ?? []].map((instance) =>
          drain(instance, workers, Math.max(timeout, 0), signal)
        ),
      );
      signal.throwIfAborted();
      const connections = left.reduce((sum, one) => sum + one.connections, 0);
      const isFree = left.every((one) => one.connections + one.workers === 0);
      if (!isFree && wait === undefined) {
        throw new ZddError(
          `${subject} is still used, by ${counted(connections)}, after ` +
            formatDuration(took()),
          {
            hint: "a longer --max waits longer; with --wait SECONDS, " +
              "connections that last, such as websockets, may stay",
          },
        );
      }
      const message = isFree
        ? "nobody uses it"
        : `${counted(connections)} left open`;
      report({
        ...{ step: "hold", subject, message, ms: took() },
        level: isFree ? undefined : "warning",
      });
    }));
  }

  /** Lets requests go on, to whoever serves now. What they went through is told. */
  async lift(): Promise<Held> {
    const { report } = this.run;
    this.#links.point(HOLD, undefined);
    try {
      await this.#input?.close();
    } catch { /* it is gone */ }
    try {
      const { held } = await this.#released.promise;
      const ms = this.#took();
      const lost = await this.#handedOn.promise;
      const message = `let ${held} held requests go on`;
      report({ step: "hold", subject: "nginx", message, ms });
      if (lost > 0) {
        const message = `${lost} held requests failed: nobody took them`;
        report({ step: "hold", subject: "nginx", message, level: "warning" });
      }
      return { held, lost, ms: Math.round(ms) };
    } catch (error) {
      const message = messageOf(error);
      report({ step: "hold", subject: "nginx", message, level: "warning" });
      return { held: 0, lost: 0, ms: Math.round(this.#took()) };
    }
  }
}

function counted(connections: number): string {
  return `${connections} connection${connections === 1 ? "" : "s"}`;
}

/** Where nginx passes the requests of a service that are held. */
function placesOf(
  config: Config,
  live: string,
  state: State,
  service: string,
): HoldPlace[] {
  const { slots = {} } = stateOf(state, service);
  const place = (slot?: Slot): HoldPlace => {
    const address = holdAddress(live, upstreamOf(service, slot ?? "a"));
    if (address === undefined) {
      throw new ZddError(
        `Requests cannot be held: the path of the sockets in "${live}" is too ` +
          "long, or has characters that nginx doesn't take there",
        {
          hint: "set state_dir in [deploy] to another one, such as " +
            "/var/lib/zdd/NAME",
          exitStatus: ExitStatus.usage,
        },
      );
    }
    return { service, slot, slots, path: address.slice("unix:".length) };
  };
  if (!isSlotted(config, state, service)) return [place()];
  const used = Object.keys(slots) as Slot[];
  return used.map((slot) => place(slot));
}

/**
 * Runs a command while nobody uses some services. Their requests are still held then.
 *
 * @param hold which has begun
 * @param state who serves
 * @param oldWorkers nginx's workers that know an earlier nginx.conf
 */
export async function whileHeld(
  hold: Hold,
  state: State,
  oldWorkers: readonly ProcessId[] = [],
  ending = hold.run.signal,
): Promise<void> {
  const { run, pause: { command } } = hold;
  const signal = AbortSignal.any([hold.signal, ...ending ? [ending] : []]);
  await hold.untilUnused(state, oldWorkers, signal);
  await run.hooks.command("pause", command, state, signal);
  signal.throwIfAborted();
}
