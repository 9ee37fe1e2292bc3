import { type Address, connectHost } from "./address.ts";
import { askSocket, type Reply } from "./http_socket.ts";

/** What a server answered. */
export interface Answer {
  status: number;
  /** The beginning of the body. */
  text: string;
}

/** Options of {@linkcode httpGet}. */
export interface GetOptions {
  /** Where to connect to instead of the URL's own host and port. */
  address?: Address;
  /** Additional headers. */
  headers?: Record<string, string>;
  /** ms for the whole answer. */
  timeout: number;
  /** Ends it early by throwing its reason. */
  signal?: AbortSignal;
}

/** How many characters of a body are kept. */
const KEPT = 1024;

/** How many bytes of a body are read: an endless body is no failure. */
const READ = 1024 * 1024;

/**
 * GETs an http or https URL, without proxies. Follows no redirects. Deno must trust the
 * certificate: `DENO_CERT` names a file with additional ones.
 *
 * @throws {Deno.errors.TimedOut} if the answer isn't complete in time.
 * @throws {Error} if there is none, or it breaks off or isn't HTTP.
 */
export async function httpGet(
  url: URL,
  { address, headers = {}, timeout, signal }: GetOptions,
): Promise<Answer> {
  signal?.throwIfAborted();
  const late = new AbortController();
  const reason = new Deno.errors.TimedOut(
    `no answer within ${timeout / 1000} s`,
  );
  const timer = setTimeout(() => late.abort(reason), timeout);
  const ending = AbortSignal.any(
    signal ? [late.signal, signal] : [late.signal],
  );
  try {
    return await get(url, address, { ...headersFor(url), ...headers }, ending);
  } catch (error) {
    ending.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function get(
  url: URL,
  address: Address | undefined,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Answer> {
  await using asking = address !== undefined && "path" in address
    ? askPath(address.path, url, headers, signal)
    : askPort(address, url, headers, signal);
  const { status, body } = await asking.reply.catch((cause) => {
    throw new Error(inPlainWords(cause), { cause });
  });
  const text = await firstWords(body).catch((cause) => {
    const what = "the server closed the connection in the middle of its answer";
    throw new Error(what, { cause });
  });
  return { status, text };
}

function headersFor(url: URL): Record<string, string> {
  return {
    host: url.host,
    "user-agent": "zddeploy",
    "accept-encoding": "identity",
    connection: "close",
  };
}

/** A request under way. Disposing of it closes the connection. */
interface Asking extends AsyncDisposable {
  reply: Promise<Reply>;
}

function askPort(
  address: Exclude<Address, { path: string }> | undefined,
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Asking {
  const at = new URL(url);
  if (address !== undefined) {
    at.hostname = connectHost(address.host);
    at.port = String(address.port);
  }
  const client = withoutProxies(() =>
    Deno.createHttpClient({ allowHost: true, http2: false })
  );
  return {
    reply: fetch(at, { client, headers, redirect: "manual", signal }),
    [Symbol.asyncDispose]: () => Promise.resolve(client.close()),
  };
}

function askPath(
  path: string,
  { pathname, search }: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Asking {
  const connecting = Deno.connect({ transport: "unix", path });
  const close = () =>
    connecting.then((connection) => {
      try {
        connection.close();
      } catch { /* it is closed already */ }
    }, () => {});
  signal.addEventListener("abort", close);
  return {
    reply: connecting.then((connection) =>
      askSocket(connection, pathname + search, headers)
    ),
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", close);
      await close();
    },
  };
}

/** Deno takes the proxies from the environment when it makes a client. */
function withoutProxies(make: () => Deno.HttpClient): Deno.HttpClient {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
    .flatMap((name) => [name, name.toLowerCase()]);
  const proxies = names.map((name) => [name, Deno.env.get(name)] as const);
  for (const name of names) Deno.env.delete(name);
  try {
    return make();
  } finally {
    for (const [name, value] of proxies) {
      if (value !== undefined) Deno.env.set(name, value);
    }
  }
}

async function firstWords(
  body: AsyncIterable<Uint8Array> | null,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let read = 0;
  for await (const bytes of body ?? []) {
    if (text.length < KEPT) text += decoder.decode(bytes, { stream: true });
    read += bytes.length;
    if (read >= READ) break;
  }
  return text.slice(0, KEPT);
}

/** A short message for a failed fetch, whose own message ends with the cause. */
function inPlainWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Deno 2.7 has the cause in the error itself.
  const { message } = error.cause instanceof Error ? error.cause : error;
  if (
    /connection closed|reset by peer|broken pipe/i.test(message)
  ) {
    return "the server closed the connection before it answered";
  }
  const [, where, what] = /client error \((\w+)\): (.*)/s.exec(message) ?? [];
  if (what === undefined) return message;
  return where === "Connect"
    ? what.replace(/^tcp connect error: /, "")
    : `the answer isn't HTTP: ${what}`;
}
