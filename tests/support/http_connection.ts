import { ExchangeError, malformed } from "./exchange_error.ts";
import { IncomingBytes } from "./incoming_bytes.ts";

/** A request, ready to be sent. */
export interface Request {
  method: string;
  /** The head and the body as they are sent. */
  bytes: Uint8Array;
}

/** A complete answer. */
export interface Answer {
  status: number;
  body: string;
  /** Whether the server wants no other request on this connection. */
  closes: boolean;
}

interface Head {
  minorVersion: number;
  status: number;
  /** By name in lower case. */
  headers: Map<string, string>;
}

const utf8 = new TextDecoder();

/**
 * A connection that speaks HTTP/1.1 (RFC 9112), one request at a time. It never sends a
 * request twice, and reports exactly what happens to it.
 */
export class HttpConnection {
  readonly #socket: Deno.TcpConn;
  readonly #incoming: IncomingBytes;
  #closed = false;

  constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
    this.#incoming = new IncomingBytes(socket);
  }

  /**
   * Connects, in at most `timeout` ms.
   *
   * @throws {ExchangeError} of kind `connect`, or `hang` if nothing happens (the server's
   * backlog is full).
   */
  static async open(
    hostname: string,
    port: number,
    timeout: number,
  ): Promise<HttpConnection> {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), timeout);
    try {
      const { signal } = giveUp;
      const socket = await Deno.connect({ hostname, port, signal });
      socket.setNoDelay();
      return new HttpConnection(socket);
    } catch (error) {
      if (giveUp.signal.aborted) {
        throw new ExchangeError("hang", `No connection within ${timeout} ms`);
      }
      const message = error instanceof Error ? error.message : String(error);
      throw new ExchangeError("connect", message);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Sends a request and waits at most `timeout` ms for the complete answer. The connection
   * can't be used after an error.
   *
   * @throws {ExchangeError} of any kind except `connect`.
   */
  async exchange(request: Request, timeout: number): Promise<Answer> {
    this.#incoming.expect();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.close();
    }, timeout);
    // Sending fails if the server is gone or answers without reading. Reading shows what
    // became of the request.
    let sendError: unknown;
    try {
      await this.#send(request.bytes).catch((error) => sendError = error);
      return await this.#readAnswer(request.method);
    } catch (error) {
      if (timedOut) {
        const { received } = this.#incoming;
        throw new ExchangeError(
          "hang",
          `No whole answer within ${timeout} ms, ${received} bytes came`,
        );
      }
      // The kernel reports a reset only once, maybe while sending.
      const closed = error instanceof ExchangeError && error.kind === "closed";
      if (closed && sendError instanceof Deno.errors.ConnectionReset) {
        throw new ExchangeError("reset", sendError.message);
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Watches the idle connection until `pause` settles, as a client with a pool
   * of connections does. Returns false as soon as the server has closed it.
   */
  staysOpen(pause: Promise<void>): Promise<boolean> {
    return this.#incoming.staysOpen(pause);
  }

  /** Closes the connection. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#socket.write(bytes.subarray(sent));
    }
  }

  async #readAnswer(method: string): Promise<Answer> {
    let head = await this.#readHead();
    while (head.status < 200) head = await this.#readHead(); // 103 Early Hints
    const { minorVersion, status, headers } = head;
    const connection = headers.get("connection")?.toLowerCase() ?? "";
    const closes = minorVersion === 0
      ? !/\bkeep-alive\b/.test(connection)
      : /\bclose\b/.test(connection);
    const length = headers.get("content-length");

    if (method === "HEAD" || status === 204 || status === 304) {
      return { status, body: "", closes };
    }
    if (/\bchunked$/i.test(headers.get("transfer-encoding") ?? "")) {
      return { status, body: await this.#readChunks(), closes };
    }
    if (length === undefined) {
      return { status, body: await this.#incoming.textToEnd(), closes: true };
    }
    if (!/^\d+$/.test(length)) throw malformed("a Content-Length", length);
    const body = utf8.decode(await this.#incoming.bytes(Number(length)));
    return { status, body, closes };
  }

  async #readHead(): Promise<Head> {
    const statusLine = await this.#incoming.line();
    const [, minorVersion, status] =
      /^HTTP\/1\.(\d) (\d{3})(?: |$)/.exec(statusLine) ?? [];
    if (status === undefined) throw malformed("a status line", statusLine);
    const headers = new Map<string, string>();
    while (true) {
      const line = await this.#incoming.line();
      if (line === "") break;
      const colon = line.indexOf(":");
      if (colon < 1) throw malformed("a header", line);
      const name = line.slice(0, colon).toLowerCase();
      headers.set(name, line.slice(colon + 1).trim());
    }
    return {
      minorVersion: Number(minorVersion),
      status: Number(status),
      headers,
    };
  }

  async #readChunks(): Promise<string> {
    const decoder = new TextDecoder();
    let body = "";
    while (true) {
      const line = await this.#incoming.line();
      const [, size] = /^([0-9a-f]{1,8})\s*(?:;|$)/i.exec(line) ?? [];
      if (size === undefined) throw malformed("the size of a chunk", line);
      const length = parseInt(size, 16);
      if (length === 0) break;
      const bytes = await this.#incoming.bytes(length);
      body += decoder.decode(bytes, { stream: true });
      const end = await this.#incoming.line();
      if (end !== "") throw malformed("the end of a chunk", end);
    }
    while (await this.#incoming.line() !== ""); // trailers
    return body + decoder.decode();
  }
}
