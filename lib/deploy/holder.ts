import { messageOf, ZddError } from "../error.ts";
import type { HoldEvent, HoldOrder } from "../live/hold.ts";
import { inheritedEnvironment } from "../system/environment.ts";
import { moveOut } from "../system/escape.ts";
import { keepDescriptors } from "../system/inherited.ts";
import { traceCommand } from "../system/trace.ts";
import { sleep } from "../system/wait.ts";
import { ownCommand } from "./finish_apart.ts";

/** How long one may take to notice that requests are to go on, in ms. */
const NOTICING = 2000;
/** How long it may take until all have been handed on, in ms. */
const HANDING_ON = 30_000;

/** How it ended: see {@linkcode HoldEvent}. */
export interface Release {
  held: number;
  lost: number;
}

/**
 * The process that holds requests. It outlives this one, in a session of its own, and hears
 * of its end when its standard input ends.
 */
export class Holder {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<number>();
  readonly #handedOn = Promise.withResolvers<number>();
  readonly #ended = new AbortController();

  private constructor(directory: string) {
    const [program = "", ...first] = ownCommand();
    const args = [...first, "__hold"];
    keepDescriptors();
    traceCommand([program, ...args], directory);
    this.#child = new Deno.Command(program, {
      args,
      clearEnv: true,
      env: inheritedEnvironment(["DENO_*", "XDG_CACHE_HOME"]),
      cwd: directory,
      detached: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#child.unref();
    this.#input = this.#child.stdin.getWriter();
    for (const one of [this.#ready, this.#released, this.#handedOn]) {
      one.promise.catch(() => {}); // thrown where it is awaited
    }
    this.#listen();
  }

  /** Starts one, and waits until it can hold requests. @throws {ZddError} if it can't. */
  static async start(order: HoldOrder): Promise<Holder> {
    const holder = new Holder(order.stateDir);
    const line = `${JSON.stringify(order)}\n`;
    try {
      await holder.#input.write(new TextEncoder().encode(line));
    } catch { /* it has told why, or its end does */ }
    await holder.#ready.promise;
    // It may still pass on long answers when zdd has ended. Without, they break then.
    await moveOut(holder.pid, `zdd-hold-${holder.pid}`).catch(() => {});
    return holder;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Aborted when it lets requests go on before it is told to: without a ZddError for its
   * reason, since the time is over.
   */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Lets requests go on, and waits until all have been handed on. @throws {ZddError} if it has died. */
  async release(): Promise<Release> {
    this.#input.close().catch(() => {});
    const held = await within(NOTICING, this.#released.promise);
    if (held === undefined) {
      this.#kill();
      throw new ZddError(
        `Requests may have failed: process ${this.pid}, which held them, ` +
          "didn't let them go on, and was killed",
      );
    }
    const lost = await within(HANDING_ON, this.#handedOn.promise);
    if (lost !== undefined) return { held, lost };
    throw new ZddError(
      `Process ${this.pid} still hands on requests that it held`,
    );
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* it has ended */ }
  }

  /** Hears what it tells, until all is handed on. */
  async #listen(): Promise<void> {
    let reason = "the process that holds them has ended";
    try {
      let rest = "";
      const texts = this.#child.stdout.pipeThrough(new TextDecoderStream());
      for await (const text of texts) {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const event: HoldEvent = JSON.parse(line);
          if (event.event === "handed on") {
            return this.#handedOn.resolve(event.lost);
          }
          if (event.event === "ready") this.#ready.resolve();
          else if (event.event === "failed") reason = event.message;
          else {
            this.#released.resolve(event.held);
            if (event.late) this.#ended.abort();
          }
        }
      }
    } catch (error) {
      reason = messageOf(error);
    }
    const error = new ZddError(`Cannot hold requests: ${reason}`);
    for (const one of [this.#ready, this.#released, this.#handedOn]) {
      one.reject(error);
    }
    this.#ended.abort(error);
  }
}

/** What comes of a promise; undefined if that takes longer than so many ms. */
async function within<T>(
  ms: number,
  promise: Promise<T>,
): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise,
      sleep(ms, timer.signal).then(() => undefined),
    ]);
  } finally {
    timer.abort();
  }
}
