// HTTP/1.1 (RFC 9112), as much of it as one GET needs. With node:http of Deno 2.7, a
// server that hangs up too early ends the whole program.
import { type Address, connectHost, formatAddress } from "./address.ts";

/** What a server answered. */
export interface Answer {
  status: number;
  /** The first bytes of the body. */
  text: string;
}

/** Once so many characters of a body are kept, the rest is read and dropped. */
const KEPT = 1024;

/** How long a status line with its headers, and any line, may be, in bytes. */
const LONGEST = 16 * 1024;

/** How long an address may take to accept before the host's next one is tried, in ms. */
const ONE_ADDRESS = 1000;

/**
 * GETs a path from an address (a unix socket too), or a URL. Follows no redirect. A
 * certificate must be one that Deno trusts: `DENO_CERT` names a file with more of them.
 *
 * @param timeout ms for the whole answer
 * @param interrupt ends it early by throwing its reason
 * @throws {Deno.errors.TimedOut} if the answer isn't there in time, to its end.
 * @throws {Error} if there is none, or it is broken off or no HTTP.
 */
export async function httpGet(
  from: Address | URL,
  path: string | undefined,
  timeout: number,
  interrupt?: AbortSignal,
): Promise<Answer> {
  interrupt?.throwIfAborted();
  const ending = new AbortController();
  const over = Promise.withResolvers<never>();
  over.promise.catch((reason) => ending.abort(reason));
  const late = new Deno.errors.TimedOut(`no answer within ${timeout / 1000} s`);
  // Keeps the program running meanwhile, as AbortSignal.timeout() would not.
  const timer = setTimeout(over.reject, timeout, late);
  const giveUp = () => over.reject(interrupt?.reason);
  interrupt?.addEventListener("abort", giveUp);
  try {
    return await Promise.race([get(from, path, ending.signal), over.promise]);
  } finally {
    clearTimeout(timer);
    interrupt?.removeEventListener("abort", giveUp);
  }
}

async function get(
  from: Address | URL,
  path: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  using connection = await connect(from, signal);
  signal.addEventListener("abort", () => connection.close());
  signal.throwIfAborted();
  // In Deno 2.7, close() ends this but no write that shakes hands by itself.
  if ("handshake" in connection) await connection.handshake();
  await ask(connection, from, path);
  return await readAnswer(new Source(connection));
}

async function connect(
  from: Address | URL,
  signal: AbortSignal,
): Promise<Deno.TcpConn | Deno.TlsConn | Deno.UnixConn> {
  if (!(from instanceof URL) && "path" in from) {
    return await Deno.connect({ transport: "unix", path: from.path });
  }
  const host = from instanceof URL ? from.hostname : connectHost(from.host);
  const hostname = host.replace(/^\[(.*)\]$/, "$1"); // of an IPv6 address
  const secure = from instanceof URL && from.protocol === "https:";
  const port = Number(from.port || (secure ? 443 : 80));
  const connection = await connectTcp(hostname, port, signal);
  if (!secure) return connection;
  using plain = connection; // what startTls() takes over isn't closed
  return await Deno.startTls(plain, { hostname });
}

/** Tries all addresses of a host in turn: Deno 2.7 itself tries only the first one. */
async function connectTcp(
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  let addresses = [host];
  if (!/^[\d.]+$|:/.test(host)) {
    const { lookup } = await import("node:dns/promises");
    const found = await lookup(host, { all: true });
    addresses = found.map(({ address }) => address);
  }
  const last = addresses.pop();
  for (const hostname of addresses) {
    const either = AbortSignal.any([signal, AbortSignal.timeout(ONE_ADDRESS)]);
    try {
      return await Deno.connect({ hostname, port, signal: either });
    } catch {
      signal.throwIfAborted();
    }
  }
  return await Deno.connect({ hostname: last, port, signal });
}

async function ask(
  connection: Deno.Conn,
  from: Address | URL,
  path = from instanceof URL ? from.pathname + from.search : "/",
): Promise<void> {
  let host = "localhost";
  if (from instanceof URL) host = from.host;
  else if (!("path" in from)) host = formatAddress(from);
  const target = path.replace(/[^!-~]+/g, encodeURIComponent); // one line it stays
  const bytes = new TextEncoder().encode(
    `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n` +
      "User-Agent: zddeploy\r\nConnection: close\r\n\r\n",
  );
  for (let sent = 0; sent < bytes.length;) {
    sent += await connection.write(bytes.subarray(sent));
  }
}

async function readAnswer(source: Source): Promise<Answer> {
  let head = await readHead(source);
  while (head.status < 200) head = await readHead(source);
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of bodyOf(head, source)) {
    if (text.length < KEPT) text += decoder.decode(bytes, { stream: true });
  }
  return { status: head.status, text };
}

type Head = { status: number; headers: Map<string, string> };

async function readHead(source: Source): Promise<Head> {
  const first = await source.line(LONGEST);
  if (first === "") throw hungUp("before it answered");
  const status = /^HTTP\/1\.\d (\d{3})\b/.exec(first)?.[1];
  if (status === undefined) throw new Error(`no HTTP answer: ${quote(first)}`);
  const headers = new Map<string, string>();
  for (let room = LONGEST - first.length;;) {
    const line = await source.line(room);
    room -= line.length;
    if (room <= 0) throw new Error("the headers are longer than 16 KB");
    if (!line.endsWith("\n")) throw hungUp("in the middle of its headers");
    if (line.trim() === "") return { status: Number(status), headers };
    const [, name = "", value = ""] = /^([^\s:]+):(.*)/.exec(line) ?? [];
    headers.set(name.toLowerCase(), value.trim());
  }
}

/** The bytes of the body; where it ends, RFC 9112 says in 6.3. */
async function* bodyOf({ status, headers }: Head, source: Source) {
  if (status === 204 || status === 304) return;
  const coding = headers.get("transfer-encoding") ?? "";
  if (/\bchunked$/i.test(coding)) return yield* chunks(source);
  const length = headers.get("content-length");
  if (length === undefined) return yield* source.bytes(Infinity);
  if (/^\d{1,15}$/.test(length)) return yield* source.bytes(Number(length));
  throw new Error(`no length of a body: ${quote(length)}`);
}

/** RFC 9112, 7.1. */
async function* chunks(source: Source) {
  for (let size = -1; size !== 0;) {
    const line = await chunkLine(source);
    size = parseInt(/^[\da-f]{1,12}(?=[\s;]|$)/i.exec(line)?.[0] ?? "", 16);
    if (Number.isNaN(size)) throw new Error(`no chunk: ${quote(line)}`);
    yield* source.bytes(size);
    // What follows the last chunk are headers, up to an empty line.
    while (await chunkLine(source) !== "") {
      if (size > 0) throw new Error(`a chunk is longer than its size, ${size}`);
    }
  }
}

async function chunkLine(source: Source): Promise<string> {
  const line = await source.line(LONGEST);
  if (line.endsWith("\n")) return line.trim();
  if (line.length === LONGEST) throw new Error(`no chunk: ${quote(line)}`);
  throw hungUp("in the middle of the body");
}

function hungUp(when: string): Error {
  return new Deno.errors.UnexpectedEof(`the server hung up ${when}`);
}

function quote(text: string): string {
  return JSON.stringify(text.trim().slice(0, 80));
}

/** What arrives on a connection. */
class Source {
  readonly #connection: Deno.Conn;
  readonly #buffer = new Uint8Array(16 * 1024);
  #unread = this.#buffer.subarray(0, 0);

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** A line with its LF; without one if the connection ends, or after `limit` bytes. */
  async line(limit: number): Promise<string> {
    let line = "";
    while (!line.endsWith("\n") && line.length < limit && await this.#fill()) {
      const end = this.#unread.indexOf(0x0a) + 1;
      const bytes = this.#take(Math.min(end || Infinity, limit - line.length));
      line += new TextDecoder("latin1").decode(bytes); // a character a byte
    }
    return line;
  }

  /** That many bytes, or for Infinity all there are. Each is there until the next. */
  async *bytes(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      if (!await this.#fill()) {
        if (count === Infinity) return;
        throw hungUp("in the middle of the body");
      }
      const bytes = this.#take(left);
      left -= bytes.length;
      yield bytes;
    }
  }

  /** Reads if all has been taken. Returns whether there is something to take. */
  async #fill(): Promise<boolean> {
    if (this.#unread.length > 0) return true;
    const count = await this.#connection.read(this.#buffer).catch((error) => {
      // TLS that ends without a word, as Python's does.
      if (error instanceof Deno.errors.UnexpectedEof) return null;
      throw error;
    });
    this.#unread = this.#buffer.subarray(0, count ?? 0);
    return count !== null;
  }

  #take(most: number): Uint8Array {
    const taken = this.#unread.subarray(0, most);
    this.#unread = this.#unread.subarray(taken.length);
    return taken;
  }
}
