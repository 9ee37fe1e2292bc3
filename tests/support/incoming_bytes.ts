import { ExchangeError, malformed } from "./exchange_error.ts";

const bufferSize = 16 * 1024;
const longestLine = 64 * 1024;
const latin1 = new TextDecoder("latin1");

/**
 * What comes in on a connection: taken by the line, by number of bytes or to
 * the end. Everything that takes throws an {@linkcode ExchangeError} when the
 * connection ends too early: `closed` or `reset` where no byte has come since
 * {@linkcode IncomingBytes.expect}, `cut-off` where some have.
 */
export class IncomingBytes {
  /** How many bytes have come since an answer was last expected. */
  received = 0;

  readonly #socket: Deno.TcpConn;
  #buffer = new Uint8Array(bufferSize);
  /** Where the bytes that nobody has taken yet begin, and end. */
  #start = 0;
  #end = 0;
  /** A read that is under way. */
  #reading: Promise<number | null> | undefined;

  constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  /** From now on an answer is expected; nothing of it can be here yet. */
  expect(): void {
    if (this.#end > this.#start) {
      const rest = this.#buffer.subarray(this.#start, this.#end);
      throw malformed("nothing after an answer", latin1.decode(rest));
    }
    this.received = 0;
  }

  /**
   * Watches the idle connection until `pause` settles, or it is closed by the
   * server: then the result is false.
   */
  async staysOpen(pause: Promise<void>): Promise<boolean> {
    const first = await Promise.race([
      this.#read().catch(() => null),
      pause.then(() => "paused" as const),
    ]);
    // A read that is still under way brings the next answer.
    if (typeof first === "number") this.#add(first);
    return first !== null;
  }

  /** Takes a line, without its end. */
  async line(): Promise<string> {
    for (let searched = 0;;) {
      const from = this.#start + searched;
      const end = this.#buffer.subarray(0, this.#end).indexOf(10, from);
      if (end >= 0) {
        const line = latin1.decode(this.#buffer.subarray(this.#start, end));
        this.#start = end + 1;
        return line.endsWith("\r") ? line.slice(0, -1) : line;
      }
      searched = this.#end - this.#start;
      if (searched > longestLine) throw malformed("a line", "a longer one");
      await this.#need(searched + 1);
    }
  }

  /** Takes that many bytes, which are good until more are taken. */
  async bytes(count: number): Promise<Uint8Array> {
    await this.#need(count);
    this.#start += count;
    return this.#buffer.subarray(this.#start - count, this.#start);
  }

  /** Takes what comes until the server closes the connection, as UTF-8. */
  async textToEnd(): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    do {
      const bytes = this.#buffer.subarray(this.#start, this.#end);
      text += decoder.decode(bytes, { stream: true });
      this.#start = this.#end;
    } while (await this.#fill());
    return text + decoder.decode();
  }

  async #need(count: number): Promise<void> {
    while (this.#end - this.#start < count) {
      if (await this.#fill()) continue;
      throw this.#endedBy("closed", "The connection was closed");
    }
  }

  /** Returns false at the end of the stream. */
  async #fill(): Promise<boolean> {
    try {
      const count = await this.#read();
      if (count !== null) this.#add(count);
      return count !== null;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw this.#endedBy("reset", message);
    }
  }

  #read(): Promise<number | null> {
    if (this.#reading === undefined) {
      this.#makeRoom();
      this.#reading = this.#socket.read(this.#buffer.subarray(this.#end));
    }
    return this.#reading;
  }

  #add(count: number): void {
    this.#reading = undefined;
    this.#end += count;
    this.received += count;
  }

  #makeRoom(): void {
    if (this.#start === this.#end) {
      this.#start = this.#end = 0;
    } else if (this.#end === this.#buffer.length) {
      const rest = this.#buffer.subarray(this.#start, this.#end);
      this.#buffer = new Uint8Array(Math.max(bufferSize, 2 * rest.length));
      this.#buffer.set(rest);
      this.#start = 0;
      this.#end = rest.length;
    }
  }

  #endedBy(kind: "closed" | "reset", message: string): ExchangeError {
    return this.received === 0
      ? new ExchangeError(kind, message)
      : new ExchangeError(
        "cut-off",
        `${message} after ${this.received} bytes of an answer`,
      );
  }
}
