/** A connection to nginx whose bytes are sent one by one, as a slow client does. */
export class Client implements Disposable {
  readonly #connection: Deno.TcpConn;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect(port: number): Promise<Client> {
    return new Client(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async send(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  /** Everything that arrives until the server closes the connection. */
  async rest(): Promise<string> {
    return await new Response(this.#connection.readable).text();
  }

  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch { /* closed with the last byte */ }
  }
}
