import { messageOf, ZddError } from "../error.ts";
import type { HoldEvent, HoldOrder } from "../live/hold.ts";
import { inheritedEnvironment } from "../system/environment.ts";
import { moveOut } from "../system/escape.ts";
import { keepDescriptors } from "../system/inherited.ts";
import { traceCommand } from "../system/trace.ts";
import { sleep } from "../system/wait.ts";
import { ownCommand } from "./finish_apart.ts";

/** How long the process may take to notice that it must pass requests on, in ms. */
const NOTICING = 2000;
/** How long it may take until all are passed on, in ms. */
const HANDING_ON = 30_000;

/** How many requests were held, and how many of them failed; see {@linkcode HoldEvent}. */
export interface Release {
  held: number;
  lost: number;
}

/**
 * The process that holds requests. It has its own session and outlives this process, whose
 * end it notices when its standard input ends.
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
    } catch { /* what it printed, or its end, explains why */ }
    await holder.#ready.promise;
    // It may still pass on long answers when zdd has ended, and they must not break then.
    await moveOut(holder.pid, `zdd-hold-${holder.pid}`).catch(() => {});
    return holder;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Aborted when it passes requests on before it is told to. If the time was over, the reason
   * isn't a ZddError.
   */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Makes it pass requests on, and waits until all are. @throws {ZddError} if it has died. */
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

  /** Reads its events, until all requests are passed on. */
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

/** The value of a promise; undefined if it takes longer than `ms`. */
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
