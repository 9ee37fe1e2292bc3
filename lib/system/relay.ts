import { type Address, connectHost } from "./address.ts";
import { sleep } from "./wait.ts";

/** How much of a request is read before a server takes it, in bytes. */
const AHEAD = 4096;
const CHUNK = 16 * 1024;

/** How long to try to hand a connection on, and the pause between attempts, in ms. */
const PATIENCE = 2000;
const AGAIN = 20;

/** An accepted connection that waits for a server. */
export class Relay {
  /** Whether the client has hung up before a server took the connection. */
  isAbandoned = false;
  /** Settles when both connections are closed. */
  readonly done: Promise<void>;
  #to?: Deno.Conn;
  #isFlushed = false;
  readonly #parts: Uint8Array[] = [];
  readonly #connected = Promise.withResolvers<boolean>();

  constructor(readonly from: Deno.Conn) {
    this.done = this.#upward().finally(() => close(from));
  }

  /**
   * Hands the connection on to the first address that accepts it. Returns whether one did,
   * or the client has hung up.
   */
  async handOn(addresses: readonly Address[]): Promise<boolean> {
    const to = this.isAbandoned ? undefined : await connectToAny(addresses);
    if (to !== undefined) {
      this.#to = to;
      this.#downward(to);
    }
    const wasAbandoned = this.isAbandoned;
    this.#connected.resolve(to !== undefined);
    if (to === undefined) close(this.from);
    return to !== undefined || wasAbandoned;
  }

  /** Forwards what the client sends. Reads a little ahead, to see if the client hangs up. */
  async #upward(): Promise<void> {
    const connected = this.#connected.promise;
    const flushed = connected.then(() => this.#flush());
    let ahead = 0;
    try {
      for (;;) {
        if (ahead >= AHEAD && !await flushed) return;
        const buffer = new Uint8Array(this.#isFlushed ? CHUNK : AHEAD);
        const count = await this.from.read(buffer);
        if (count === null) break;
        const part = buffer.subarray(0, count);
        ahead += count;
        if (this.#isFlushed && this.#to) await writeAll(this.#to, part);
        else this.#parts.push(part);
      }
      if (this.#to === undefined) {
        this.isAbandoned = true;
        return;
      }
      if (await flushed) await this.#to.closeWrite();
    } catch { // one end is gone
      this.isAbandoned ||= this.#to === undefined;
      if (this.#to) close(this.#to);
    } finally {
      await this.#ended;
    }
  }

  /** Writes what was read ahead, and what arrives meanwhile. */
  async #flush(): Promise<boolean> {
    const to = this.#to;
    if (to === undefined) return false;
    try {
      for (;;) {
        const part = this.#parts.shift();
        if (part === undefined) break;
        await writeAll(to, part);
      }
      this.#isFlushed = true;
      return true;
    } catch {
      close(to);
      return false;
    }
  }

  #ended: Promise<void> = Promise.resolve();

  /** Forwards what the server answers. */
  #downward(to: Deno.Conn): void {
    this.#ended = (async () => {
      const buffer = new Uint8Array(CHUNK);
      try {
        for (;;) {
          const count = await to.read(buffer);
          if (count === null) break;
          await writeAll(this.from, buffer.subarray(0, count));
        }
      } catch { /* one end is gone */ }
      close(to);
      close(this.from);
    })();
  }
}

async function connectToAny(
  addresses: readonly Address[],
): Promise<Deno.Conn | undefined> {
  const end = performance.now() + PATIENCE;
  do {
    for (const address of addresses) {
      try {
        return await connect(address);
      } catch { /* its queue is full, or it is gone */ }
    }
    await sleep(AGAIN);
  } while (performance.now() < end);
  return undefined;
}

function connect(address: Address): Promise<Deno.Conn> {
  if ("path" in address) {
    return Deno.connect({ transport: "unix", path: address.path });
  }
  const hostname = connectHost(address.host).replace(/^\[(.*)\]$/, "$1");
  return Deno.connect({ hostname, port: address.port });
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += await to.write(bytes.subarray(done));
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch { /* it is closed already */ }
}
