import { ExchangeError } from "./exchange_error.ts";
import { type Answer, HttpConnection } from "./http_connection.ts";
import {
  bodyCheck,
  type LoadOptions,
  type LoadRequest,
  requestMaker,
  textFinder,
} from "./load_options.ts";
import { type FailureKind, type LoadResult, Tally } from "./load_result.ts";

/** The pause between a failed connection and the next attempt, in ms. */
const reconnectPause = 10;

/**
 * Makes clients send requests until `signal` aborts, then lets the current ones finish. No
 * request is sent twice: each that was begun is counted as ok or failed. `onStarted` is
 * called when every client has had its first result.
 *
 * @throws {TypeError} if an option is invalid.
 */
export async function runLoad(
  options: LoadOptions,
  signal: AbortSignal,
  onStarted?: () => void,
): Promise<LoadResult> {
  const { clients = 20, requests = Infinity, duration } = options;
  const tally = new Tally();
  const over = new AbortController();
  const end = () => over.abort();
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  const timer = duration === undefined ? undefined : setTimeout(end, duration);

  let begun = 0;
  let toStart = clients;
  async function run(number: number): Promise<void> {
    const client = new Client(options, tally, over.signal);
    const goesOn = () => !over.signal.aborted && begun < requests;
    for (let turn = 0; turn === 0 || goesOn(); turn++) {
      if (goesOn()) {
        begun++;
        await client.request(number + turn);
      }
      if (turn === 0 && --toStart === 0) onStarted?.();
      if (goesOn()) await client.rest();
    }
    client.close();
  }

  try {
    const numbers = Array.from({ length: clients }, (_, number) => number);
    await Promise.all(numbers.map(run));
    return tally.result();
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

/** One client: a connection and what it is used for. */
class Client {
  readonly #tally: Tally;
  readonly #over: AbortSignal;
  readonly #hostname: string;
  readonly #port: number;
  readonly #timeout: number;
  readonly #keepAlive: boolean;
  readonly #methods: string[];
  readonly #pause: number;
  readonly #make: (method: string) => LoadRequest;
  readonly #check: ReturnType<typeof bodyCheck>;
  readonly #text: (body: string) => string;
  #connection: HttpConnection | undefined;

  constructor(options: LoadOptions, tally: Tally, over: AbortSignal) {
    const { hostname, port } = new URL(options.url);
    this.#hostname = hostname.replace(/^\[(.*)\]$/, "$1"); // IPv6
    this.#port = Number(port || 80);
    this.#timeout = options.timeout ?? 10_000;
    this.#keepAlive = options.keepAlive ?? true;
    this.#methods = options.methods ?? ["GET"];
    this.#pause = options.pause ?? 0;
    this.#make = requestMaker(options);
    this.#check = bodyCheck(options);
    this.#text = textFinder(options);
    this.#tally = tally;
    this.#over = over;
  }

  /** Makes one request with the next method, and counts it. */
  async request(turn: number): Promise<void> {
    const method = this.#methods[turn % this.#methods.length] ?? "GET";
    const request = this.#make(method);
    const reused = this.#connection !== undefined;
    const fail = (kind: FailureKind, detail: string) =>
      this.#tally.fail({ kind, detail, method, reused });

    const began = performance.now();
    let answer: Answer;
    try {
      this.#connection ??= await this.#connect();
      answer = await this.#connection.exchange(request, this.#timeout);
    } catch (error) {
      this.close();
      if (!(error instanceof ExchangeError)) throw error;
      fail(error.kind, error.message);
      if (error.kind === "connect") await this.#wait(reconnectPause);
      return;
    }
    const latency = performance.now() - began;

    if (answer.closes || !this.#keepAlive) this.close();
    this.#tally.status(answer.status);
    if (answer.status < 200 || answer.status > 299) {
      const body = answer.body.slice(0, 100);
      fail("status", `Expected a 2xx status, got ${answer.status} "${body}"`);
      return;
    }
    const wrong = this.#check(answer, request);
    if (wrong !== undefined) fail("body", wrong);
    else this.#tally.answer(this.#text(answer.body), latency);
  }

  /** Waits for the pause between two requests, or until the load is over. */
  async rest(): Promise<void> {
    if (this.#pause === 0) return;
    const pause = this.#wait(this.#pause);
    if (this.#connection === undefined) return await pause;
    if (await this.#connection.staysOpen(pause)) return;
    this.#tally.closedIdle++;
    this.close();
    await pause;
  }

  /** Closes the connection, if there is one. */
  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #connect(): Promise<HttpConnection> {
    const connection = await HttpConnection.open(
      this.#hostname,
      this.#port,
      this.#timeout,
    );
    this.#tally.connections++;
    return connection;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#over.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#over.addEventListener("abort", done);
      if (this.#over.aborted) done();
    });
  }
}
