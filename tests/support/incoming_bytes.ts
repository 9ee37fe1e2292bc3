import { ExchangeError, malformed } from "./exchange_error.ts";

const bufferSize = 16 * 1024;
const longestLine = 64 * 1024;
const latin1 = new TextDecoder("latin1");

/**
 * The bytes that arrive on a connection: read by line, by number of bytes, or to the end.
 * All methods that read throw an {@linkcode ExchangeError} if the connection ends too
 * early: `closed` or `reset` if no byte has arrived since {@linkcode IncomingBytes.expect},
 * `cut-off` if some have.
 */
export class IncomingBytes {
  /** How many bytes have arrived since an answer was last expected. */
  received = 0;

  readonly #socket: Deno.TcpConn;
  #buffer = new Uint8Array(bufferSize);
  /** The begin and end of the bytes that haven't been read yet. */
  #start = 0;
  #end = 0;
  /** A pending read of the connection. */
  #reading: Promise<number | null> | undefined;

  constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  /** Expects an answer from now on. None of it can have arrived yet. */
  expect(): void {
    if (this.#end > this.#start) {
      const rest = this.#buffer.subarray(this.#start, this.#end);
      throw malformed("nothing after an answer", latin1.decode(rest));
    }
    this.received = 0;
  }

  /**
   * Watches the idle connection until `pause` settles. Returns false as soon as the server
   * closes it.
   */
  async staysOpen(pause: Promise<void>): Promise<boolean> {
    const first = await Promise.race([
      this.#read().catch(() => null),
      pause.then(() => "paused" as const),
    ]);
    // A read that is still pending gets the next answer.
    if (typeof first === "number") this.#add(first);
    return first !== null;
  }

  /** Reads a line, without its end. */
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

  /** Reads a number of bytes, which are valid until more are read. */
  async bytes(count: number): Promise<Uint8Array> {
    await this.#need(count);
    this.#start += count;
    return this.#buffer.subarray(this.#start - count, this.#start);
  }

  /** Reads as UTF-8 until the server closes the connection. */
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
