import { assert, assertEquals } from "@std/assert";
import type { Address } from "../../lib/system/address.ts";
import { Connections, openConnections } from "../../lib/system/connections.ts";
import { readSockets } from "../../lib/system/sockets.ts";
import { SocketState } from "../../lib/system/netlink.ts";
import { TempDir } from "./temp_dir.ts";
import { until } from "../support/until.ts";

/** Listens on a free port of a host. */
function listenOn(hostname: string): [Deno.TcpListener, number] {
  const listener = Deno.listen({ hostname, port: 0 });
  return [listener, listener.addr.port];
}

/** Counts while connections come, are accepted, and go. */
async function watchConnections(
  listener: Deno.Listener,
  address: Address,
  connect: () => Promise<Deno.Conn>,
) {
  assertEquals(openConnections(address), 0);
  using one = await connect();
  assertEquals(openConnections(address), 1, "not accepted yet");
  const accepted = await listener.accept();
  assertEquals(openConnections(address), 1, "accepted");
  const other = await connect();
  assertEquals(openConnections(address), 2);
  const otherAccepted = await listener.accept();
  other.close();
  otherAccepted.close();
  await until("one is left", () => openConnections(address) === 1);
  accepted.close();
  await until("none is left", () => openConnections(address) === 0);
  assert(one);
}

Deno.test("openConnections() counts those to an IPv4 address, accepted or not", async () => {
  const [listener, port] = listenOn("127.0.0.1");
  using _ = listener;
  await watchConnections(
    listener,
    { host: "127.0.0.1", port },
    () => Deno.connect({ hostname: "127.0.0.1", port }),
  );
});

Deno.test("openConnections() counts those to an IPv6 address, accepted or not", async () => {
  const [listener, port] = listenOn("::1");
  using _ = listener;
  await watchConnections(
    listener,
    { host: "[::1]", port },
    () => Deno.connect({ hostname: "::1", port }),
  );
});

Deno.test("openConnections() counts IPv4 clients of a server that listens on [::]", async () => {
  const [listener, port] = listenOn("::");
  using _ = listener;
  await watchConnections(
    listener,
    { host: "127.0.0.1", port },
    () => Deno.connect({ hostname: "127.0.0.1", port }),
  );
});

Deno.test("openConnections() counts those to a unix socket, accepted or not", async () => {
  using directory = new TempDir();
  const path = directory.join("s");
  using listener = Deno.listen({ transport: "unix", path });
  await watchConnections(
    listener,
    { path },
    () => Deno.connect({ transport: "unix", path }),
  );
});

Deno.test("openConnections() counts those that a server is too slow to take", async () => {
  const hostname = "127.0.0.1";
  const listener = Deno.listen({ hostname, port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const address = { host: hostname, port };
  const clients: Promise<Deno.Conn>[] = [];
  const begun = (file: string) =>
    readSockets(file, SocketState.synSent, { remotePort: port });
  // The kernel drops the packets of those that the queue has no room for.
  while (begun("/proc/net/tcp").length < 2) {
    clients.push(Deno.connect({ hostname, port }));
    await until("one more", () => openConnections(address) === clients.length);
  }
  assertEquals(openConnections({ ...address, host: "127.0.0.2" }), 0);
  listener.close();
  for (const client of await Promise.allSettled(clients)) {
    if (client.status === "fulfilled") client.value.close();
  }
  await until("none is left", () => openConnections(address) === 0);
});

Deno.test("openConnections() doesn't count those to other addresses", async () => {
  using directory = new TempDir();
  const [listener, port] = listenOn("127.0.0.1");
  using _listener = listener;
  using _client = await Deno.connect({ hostname: "127.0.0.1", port });
  using accepted = await listener.accept();
  const clientPort = (accepted.remoteAddr as Deno.NetAddr).port;
  assertEquals(openConnections({ host: "127.0.0.1", port }), 1);
  assertEquals(openConnections({ host: "127.0.0.2", port }), 0);
  assertEquals(openConnections({ host: "0.0.0.0", port }), 1);
  assertEquals(openConnections({ host: "localhost", port }), 1);
  // The client's end is a connection of that port, and none to the server.
  assert(clientPort !== port);
  const path = directory.join("s");
  using unix = Deno.listen({ transport: "unix", path });
  using _unixClient = await Deno.connect({ transport: "unix", path });
  using _accepted = await unix.accept();
  assertEquals(openConnections({ path: `${path}2` }), 0);
  assertEquals(openConnections({ path: path.slice(0, -1) }), 0);
});

for (const many of [2, 3, 200]) {
  Deno.test(`connections to ${many} addresses are counted with one question`, async () => {
    using open = new DisposableStack();
    const counts = [];
    for (let i = 0; i < many; i++) {
      const [listener, port] = listenOn("127.0.0.1");
      open.use(listener);
      const address = { host: "127.0.0.1", port };
      counts.push({ address, connections: open.use(new Connections(address)) });
    }
    for (
      const { address: { host: hostname, port } } of [
        counts[0]!,
        counts.at(-1)!,
      ]
    ) {
      open.use(await Deno.connect({ hostname, port }));
    }
    const asked = performance.now();
    const expected = counts.map((_, i) => i === 0 || i === many - 1 ? 1 : 0);
    const seen = counts.map(({ connections }) => connections.count(asked));
    assertEquals(seen, expected);
  });
}

Deno.test("a connection from before the question is never missed, however many ask", async () => {
  using open = new DisposableStack();
  const places = Array.from({ length: 20 }, () => {
    const [listener, port] = listenOn("127.0.0.1");
    open.use(listener);
    const address = { host: "127.0.0.1", port };
    return { port, connections: open.use(new Connections(address)) };
  });
  await Promise.all(places.map(async ({ port, connections }) => {
    for (let expected = 0; expected < 5; expected++) {
      assertEquals(connections.count(await connections.turn()), expected);
      open.use(await Deno.connect({ hostname: "127.0.0.1", port }));
    }
  }));
});
