/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { ExchangeError } from "../support/exchange_error.ts";
import { type Answer, HttpConnection } from "../support/http_connection.ts";
import {
  bodyCheck,
  type LoadRequest,
  requestMaker,
} from "../support/load_options.ts";
import type { FailureKind } from "../support/load_result.ts";
import type { ClientOptions } from "./clients.ts";
import type { Outcome } from "./requests.ts";

// The clients themselves, in their own thread: see clients.ts.

const METHODS = ["GET", "POST"];
/** The pause between a failed connection and the next attempt, in ms. */
const RECONNECT = 10;

const outcomes: Outcome[] = [];
const epoch = Date.now() - performance.now();
let over = false;
/** How many clients have had no outcome yet. */
let waiting = 0;

/** One client, until the load is over. */
async function work(
  { url, pause, timeout }: ClientOptions,
  keepAlive: boolean,
  first: number,
): Promise<void> {
  const { hostname, port } = new URL(url);
  const make = requestMaker({ url, keepAlive });
  const check = bodyCheck({ url, echo: true, expect: /^\w+ \d+ / });
  let connection: HttpConnection | undefined;
  for (let turn = first; !over; turn++) {
    const request = make(METHODS[turn % METHODS.length] ?? "");
    const reused = connection !== undefined;
    const began = performance.now();
    let release: string | undefined;
    let failure: FailureKind | undefined;
    try {
      connection ??= await HttpConnection.open(hostname, Number(port), timeout);
      const answer = await connection.exchange(request, timeout);
      failure = wrong(answer, request);
      if (failure === undefined) release = /^\w+/.exec(answer.body)?.[0];
      if (answer.closes || !keepAlive) disconnect();
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      failure = error.kind;
      disconnect();
    }
    outcomes.push({
      began: epoch + began,
      ended: epoch + performance.now(),
      keepsAlive: keepAlive,
      reused,
      method: request.method,
      release,
      failure,
    });
    if (turn === first && --waiting === 0) postMessage("started");
    const rest = sleep(failure === "connect" ? RECONNECT : pause);
    // A client that keeps its connection notices if the server closes it.
    if (connection === undefined) await rest;
    else if (!await connection.staysOpen(rest)) {
      disconnect();
      await rest;
    }
  }
  disconnect();

  function disconnect(): void {
    connection?.close();
    connection = undefined;
  }

  function wrong(
    answer: Answer,
    request: LoadRequest,
  ): FailureKind | undefined {
    if (answer.status < 200 || answer.status > 299) return "status";
    return check(answer, request) === undefined ? undefined : "body";
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

self.onmessage = async ({ data }: MessageEvent<ClientOptions | "stop">) => {
  if (data === "stop") {
    over = true;
    return;
  }
  const { keeping, closing } = data;
  waiting = keeping + closing;
  await Promise.all([
    ...Array.from({ length: keeping }, (_, i) => work(data, true, i)),
    ...Array.from({ length: closing }, (_, i) => work(data, false, i)),
  ]);
  postMessage(outcomes);
};
