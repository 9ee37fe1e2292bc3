import type { Outcome, Site } from "../support/site.ts";
import { until } from "../support/site.ts";

/** A zddeploy that runs while the test does something. */
export class RunningDeploy {
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<void>[];
  #stdout = "";
  #stderr = "";

  constructor(site: Site, ...args: string[]) {
    this.#child = site.spawn(...args);
    const { stdout, stderr } = this.#child;
    this.#ended = [
      collect(stdout, (text) => this.#stdout += text),
      collect(stderr, (text) => this.#stderr += text),
    ];
  }

  get pid(): number {
    return this.#child.pid;
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
    await until(
      `zddeploy prints "${text}"`,
      () => this.#stderr.includes(text),
    );
  }

  /** Waits until it has ended. */
  async outcome(): Promise<Outcome> {
    const { code } = await this.#child.status;
    await Promise.all(this.#ended);
    return { code, stdout: this.#stdout, stderr: this.#stderr };
  }
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  add: (text: string) => void,
): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    add(text);
  }
}
