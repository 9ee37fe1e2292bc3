const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * A websocket client over plain TCP (RFC 6455), for a server that answers each short text
 * frame with another. It never reconnects, so that a test sees what happens to the
 * connection.
 */
export class Websocket implements Disposable {
  readonly #connection: Deno.TcpConn;
  #received = new Uint8Array();
  #isOpen = true;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /**
   * Connects and does the handshake.
   *
   * @throws {Error} with the status line, if the server doesn't switch protocols.
   */
  static async open(port: number, path = "/"): Promise<Websocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const socket = new Websocket(connection);
    const key = btoa(
      String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))),
    );
    await socket.#send(encoder.encode(
      [
        `GET ${path} HTTP/1.1`,
        `Host: 127.0.0.1:${port}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        `Sec-WebSocket-Key: ${key}`,
        "\r\n",
      ].join("\r\n"),
    ));
    const [statusLine = ""] = (await socket.#head()).split("\r\n");
    if (statusLine.startsWith("HTTP/1.1 101 ")) return socket;
    connection.close();
    throw new Error(`Expected a switch of protocols, got "${statusLine}"`);
  }

  /**
   * Sends a text and returns the one that comes back.
   *
   * @throws {Deno.errors.UnexpectedEof} if the connection has ended.
   */
  async ask(text: string): Promise<string> {
    const payload = encoder.encode(text);
    const mask = crypto.getRandomValues(new Uint8Array(4));
    const masked = payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0));
    await this.#send(
      new Uint8Array([0x81, 0x80 | payload.length, ...mask, ...masked]),
    );
    const [, length = 0] = await this.#take(2);
    return decoder.decode(await this.#take(length));
  }

  /** Waits until the server has closed the connection. */
  async closed(): Promise<void> {
    while (await this.#read());
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    if (this.#isOpen) this.#connection.close();
    this.#isOpen = false;
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  async #head(): Promise<string> {
    for (;;) {
      const text = decoder.decode(this.#received);
      const end = text.indexOf("\r\n\r\n");
      if (end !== -1) {
        this.#received = this.#received.slice(end + 4);
        return text.slice(0, end);
      }
      if (!await this.#read()) throw new Deno.errors.UnexpectedEof(text);
    }
  }

  async #take(count: number): Promise<Uint8Array> {
    while (this.#received.length < count) {
      if (!await this.#read()) throw new Deno.errors.UnexpectedEof("closed");
    }
    const taken = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return taken;
  }

  /** Returns false at the end. */
  async #read(): Promise<boolean> {
    const buffer = new Uint8Array(4096);
    let count: number | null;
    try {
      count = await this.#connection.read(buffer);
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return false;
      throw error;
    }
    if (count === null) return false;
    this.#received = new Uint8Array([
      ...this.#received,
      ...buffer.subarray(0, count),
    ]);
    return true;
  }
}
