/** What a server does with a connection. The first one has the number 0. */
export type Serve = (peer: Peer, number: number) => Promise<unknown>;

/**
 * A server that does with a connection whatever a test needs, well-behaved or not. A
 * connection is closed when its `serve` settles, or at the latest when the server is
 * disposed of.
 */
export class RawServer implements AsyncDisposable {
  readonly url: string;
  readonly #listener: Deno.Listener;
  readonly #peers: Peer[] = [];
  readonly #running: Promise<unknown>[] = [];

  /** Listens on a unix socket if it is given a path. */
  constructor(serve: Serve, path?: string) {
    if (path === undefined) {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      this.#listener = listener;
      this.url = `http://127.0.0.1:${listener.addr.port}/`;
    } else {
      this.#listener = Deno.listen({ transport: "unix", path });
      this.url = "http://localhost/";
    }
    this.#running.push(this.#accept(serve));
  }

  /** How many connections there have been. */
  get accepted(): number {
    return this.#peers.length;
  }

  async #accept(serve: Serve): Promise<void> {
    for await (const socket of this.#listener) {
      const peer = new Peer(socket);
      const number = this.#peers.push(peer) - 1;
      const served = serve(peer, number).catch((error) => {
        if (!(error instanceof Gone)) throw error;
      });
      this.#running.push(served.finally(() => peer.close()));
    }
  }

  /** Closes everything. Rejects if a `serve` has rejected. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running[0];
    for (const peer of this.#peers) peer.close();
    await Promise.all(this.#running);
  }
}

/** The client has gone, or the server is closing. */
class Gone extends Error {}

/** The client's end of a connection, as the server sees it. */
export class Peer {
  readonly #socket: Deno.Conn;
  #closed = false;

  constructor(socket: Deno.Conn) {
    this.#socket = socket;
  }

  /** Reads the next request. Our clients send it in one piece. */
  async request(): Promise<string> {
    const buffer = new Uint8Array(65536);
    const count = await this.#socket.read(buffer).catch(() => null);
    if (count === null) throw new Gone();
    return new TextDecoder().decode(buffer.subarray(0, count));
  }

  /** Sends the text in one piece. */
  async send(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === "string"
      ? new TextEncoder().encode(text)
      : text;
    for (let sent = 0; sent < bytes.length;) {
      const count = await this.#socket.write(bytes.subarray(sent))
        .catch(() => null);
      if (count === null) throw new Gone();
      sent += count;
    }
  }

  /** Sends a good answer. */
  async answer(body: string): Promise<void> {
    const { length } = new TextEncoder().encode(body);
    await this.send(
      `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${body}`,
    );
  }

  /** Waits until the client has closed the connection. */
  async leaves(): Promise<void> {
    while (true) await this.request();
  }

  /** Closes the connection. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

/** A script that answers every request with the text in TEXT and resets the connection. */
const RESETTING = `
const { TEXT } = process.env;
const server = require("net").createServer((socket) => {
  socket.once("data", () => {
    if (TEXT === "") socket.resetAndDestroy();
    else socket.write(TEXT, () => socket.resetAndDestroy());
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

/**
 * A server that answers every request with the text and resets the connection. Runs in
 * Node, since Deno.TcpConn can't do that, and Deno's node:net can't before 2.9.
 */
export async function resettingServer(
  text: string,
): Promise<AsyncDisposable & { url: string }> {
  const child = new Deno.Command("node", {
    args: ["-e", RESETTING],
    env: { TEXT: text },
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(new TextDecoder().decode(value));
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}
