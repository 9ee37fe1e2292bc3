import { assertEquals } from "@std/assert";
import { Relay } from "../../lib/system/relay.ts";
import { until } from "../support/until.ts";

/** A server that sends back what it gets, and a front whose connections are relayed to it. */
class Ends implements AsyncDisposable {
  readonly #front = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #back = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving = this.#serve();
  served = 0;

  get address() {
    return { host: "127.0.0.1", port: this.#back.addr.port };
  }

  async connect(): Promise<{ client: Deno.TcpConn; relay: Relay }> {
    const accepting = this.#front.accept();
    const { port } = this.#front.addr;
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    return { client, relay: new Relay(await accepting) };
  }

  async #serve(): Promise<void> {
    for await (const connection of this.#back) {
      this.served++;
      connection.readable.pipeTo(connection.writable).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#front.close();
    this.#back.close();
    await this.#serving;
  }
}

/** An address of this host that nobody listens on. */
function nowhere() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return { host: "127.0.0.1", port };
}

for (const size of [1, 4096, 1_000_000]) {
  Deno.test(`a relay hands on what was sent before and behind, ${size} bytes`, async () => {
    await using ends = new Ends();
    const { client, relay } = await ends.connect();
    const sent = crypto.getRandomValues(new Uint8Array(1000));
    const bytes = new Uint8Array(size).map((_, i) => sent[i % 1000] ?? 0);
    const sending = (async () => {
      for (let done = 0; done < size;) {
        done += await client.write(bytes.subarray(done));
      }
    })();
    const receiving = new Response(client.readable).bytes();
    assertEquals(await relay.handOn([nowhere(), ends.address]), true);
    await sending;
    await client.closeWrite();
    assertEquals(await receiving, bytes);
    await relay.done;
    assertEquals(ends.served, 1);
  });
}

Deno.test("who has hung up meanwhile isn't handed on", async () => {
  await using ends = new Ends();
  const { client, relay } = await ends.connect();
  await client.write(new Uint8Array(100));
  client.close();
  await until("it is seen", () => relay.isAbandoned);
  assertEquals(await relay.handOn([ends.address]), true);
  await relay.done;
  assertEquals(ends.served, 0);
});

Deno.test("whom nobody takes is hung up on", async () => {
  await using ends = new Ends();
  const { client, relay } = await ends.connect();
  assertEquals(await relay.handOn([nowhere()]), false);
  assertEquals(await client.read(new Uint8Array(1)), null);
  client.close();
  await relay.done;
});
