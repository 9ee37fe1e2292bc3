import { until } from "./until.ts";

/** How a command ended, and what it printed. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** A command that runs while the test does something. */
export class RunningCommand {
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<void>[];
  #stdout = "";
  #stderr = "";

  /** Starts it. Both its outputs must be pipes. */
  constructor(command: Deno.Command) {
    this.#child = command.spawn();
    const { stdout, stderr } = this.#child;
    this.#ended = [
      collect(stdout, (text) => this.#stdout += text),
      collect(stderr, (text) => this.#stderr += text),
    ];
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What it has printed to stdout so far. */
  get stdout(): string {
    return this.#stdout;
  }

  /** What it has printed to stderr so far. */
  get stderr(): string {
    return this.#stderr;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits until it has printed this to stderr. */
  async printed(text: string): Promise<void> {
    await until(`it prints "${text}"`, () => this.#stderr.includes(text));
  }

  /** Waits until it has ended. */
  async outcome(): Promise<Outcome> {
    const { code } = await this.#child.status;
    await Promise.all(this.#ended);
    return { code, stdout: this.#stdout, stderr: this.#stderr };
  }
}

/** Runs a command to its end. */
export async function outcomeOf(command: Deno.Command): Promise<Outcome> {
  return await new RunningCommand(command).outcome();
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  add: (text: string) => void,
): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    add(text);
  }
}
