import type { Outcome } from "./requests.ts";

export interface ClientOptions {
  url: string;
  /** How many clients reuse their connections. */
  keeping: number;
  /** How many open a connection for each request, with `Connection: close`. */
  closing: number;
  /** How long a client waits between an answer and its next request, in ms. */
  pause: number;
  /** The time in ms after which a request counts as hanging. */
  timeout: number;
}

/**
 * Busy clients that send GET and POST in turn and note the outcome of each request. They
 * run in their own thread, and never send a request twice.
 *
 * The tests' `Load` only returns sums. Here the benchmark also needs to know when each
 * request was begun, and which release answered it.
 */
export class Clients implements Disposable {
  readonly #worker: Worker;
  readonly #started = Promise.withResolvers<void>();
  readonly #outcomes = Promise.withResolvers<Outcome[]>();

  private constructor(options: ClientOptions) {
    const program = import.meta.resolve("./clients_worker.ts");
    this.#worker = new Worker(program, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<"started" | Outcome[]>) =>
      data === "started"
        ? this.#started.resolve()
        : this.#outcomes.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const error = new Error(`The clients failed: ${event.message}`);
      this.#started.reject(error);
      this.#outcomes.reject(error);
    };
    this.#outcomes.promise.catch(() => {}); // stop() reports it
    this.#worker.postMessage(options);
  }

  /** Starts clients. Resolves when each has had its first answer or failure. */
  static async start(
    options: Pick<ClientOptions, "url"> & Partial<ClientOptions>,
  ): Promise<Clients> {
    const clients = new Clients({
      keeping: 20,
      closing: 0,
      pause: 2, // the clients, nginx and the service share the machine
      timeout: 5000,
      ...options,
    });
    await clients.#started.promise;
    return clients;
  }

  /** Makes the clients begin no further requests, and returns the outcomes of all. */
  async stop(): Promise<Outcome[]> {
    this.#worker.postMessage("stop");
    const outcomes = await this.#outcomes.promise;
    this.#worker.terminate();
    return outcomes;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
