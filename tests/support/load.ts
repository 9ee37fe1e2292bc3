/**
 * A load on a web server that reports what became of each request: see
 * {@linkcode Load} and, for the command line, `--help`.
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import {
  type ArgumentOptions,
  fromArguments,
  toArguments,
  usage,
} from "./load_arguments.ts";
import type { LoadResult } from "./load_result.ts";
import { runLoad } from "./run_load.ts";

export type { LoadOptions, LoadRequest } from "./load_options.ts";
export type {
  AnswerText,
  Failure,
  FailureKind,
  LoadResult,
} from "./load_result.ts";
export { runLoad };

/**
 * A load in its own process, so that its figures don't depend on how busy the test is. The
 * process ends at the latest with its parent.
 *
 * @example
 * ```ts
 * await using load = await Load.start({ url, methods: ["GET", "POST"] });
 * await deploy();
 * const { failed, failures } = await load.stop();
 * ```
 */
export class Load implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<string>;
  /** How long the last requests may take, in ms. */
  readonly #patience: number;
  #output = "";
  #ended: Promise<void> | undefined;

  private constructor(options: ArgumentOptions, prefix: string[]) {
    const args = [...toArguments(options), "--attached"];
    this.#patience = 2 * (options.timeout ?? 10_000) + 5_000;
    const [program = "", ...first] = [...prefix, Deno.execPath(), "run", "-A"];
    this.#child = new Deno.Command(program, {
      args: [...first, fromFileUrl(import.meta.url), ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdout = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    this.#stderr = new Response(this.#child.stderr).text();
  }

  /** The process's id. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Starts the load. Resolves when every client has had its first answer or
   * failure.
   *
   * @param prefix words before the command of its process
   * @throws {TypeError} if a regular expression has flags.
   * @throws {Error} if the process ends instead; the message says why.
   */
  static async start(
    options: ArgumentOptions,
    prefix: string[] = [],
  ): Promise<Load> {
    const load = new Load(options, prefix);
    while (!load.#output.includes("\n")) {
      if (await load.#read()) continue;
      await load[Symbol.asyncDispose]();
      throw new Error(`Cannot start the load: ${await load.#lastWords()}`);
    }
    return load;
  }

  /**
   * Makes the clients begin no further requests, waits for the current ones, and returns
   * the figures.
   *
   * @throws {Error} if the process returns none.
   */
  async stop(): Promise<LoadResult> {
    const killing = setTimeout(() => this.#kill("SIGKILL"), this.#patience);
    await (this.#ended ??= this.#end("SIGTERM"));
    clearTimeout(killing);
    const [, figures = ""] = this.#output.split("\n");
    if (figures !== "") return JSON.parse(figures);
    throw new Error(`The load gave no figures: ${await this.#lastWords()}`);
  }

  /** Ends a load, and asserts that it made requests and none failed. */
  async stopWithoutFailure(): Promise<LoadResult> {
    const result = await this.stop();
    const { ok, failed, kinds, failures: [first] } = result;
    assertEquals({ failed, kinds, first }, {
      failed: 0,
      kinds: {},
      first: undefined,
    });
    assert(ok > 0, "nobody asked for anything");
    return result;
  }

  /** Ends the process, unless the load was stopped. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#ended ??= this.#end("SIGKILL"));
  }

  async #end(signal: Deno.Signal): Promise<void> {
    this.#kill(signal);
    while (await this.#read());
    await this.#stderr;
    await this.#child.status;
    await this.#child.stdin.close();
  }

  async #lastWords(): Promise<string> {
    const { signal, code } = await this.#child.status;
    const words = (await this.#stderr).trim();
    return `its process ended with ${signal ?? code}, "${words}"`;
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** Returns false at the end of the output. */
  async #read(): Promise<boolean> {
    const { value, done } = await this.#stdout.read();
    this.#output += value ?? "";
    return !done;
  }
}

async function main(args: string[]): Promise<void> {
  if (args.includes("--help")) return await print(usage);
  const { attached, ...options } = fromArguments(args);
  if (attached) exitAtEndOfStdin();
  const over = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => over.abort());
  }
  const result = await runLoad(options, over.signal, () => {
    if (attached) print("started\n");
  });
  await print(JSON.stringify(result) + "\n");
}

/** Exits with the parent, which holds the other end of stdin and never writes. */
async function exitAtEndOfStdin(): Promise<never> {
  while (await Deno.stdin.read(new Uint8Array(1)) !== null);
  Deno.exit(1);
}

async function print(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += await Deno.stdout.write(bytes.subarray(written));
  }
}

if (import.meta.main) {
  await main(Deno.args);
  Deno.exit(); // even though stdin is still being read
}
