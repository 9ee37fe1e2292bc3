import { assertEquals } from "@std/assert";
import { SocketState } from "../../lib/system/netlink.ts";
import { askForTcpSockets } from "../../lib/system/tcp_diag.ts";

const { established } = SocketState;

for (const many of [1, 2, 3, 128]) {
  Deno.test(`the kernel filters the connections of ${many} ports`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    using client = await Deno.connect({ hostname: "127.0.0.1", port });
    using _accepted = await listener.accept();
    const own = (client.localAddr as Deno.NetAddr).port;
    // Nobody has one of these: they are privileged and not used for anything.
    const others = Array.from({ length: many - 1 }, (_, i) => 600 + i);
    for (const wanted of [port, own]) {
      for (const ports of [[wanted, ...others], [...others, wanted]]) {
        const found = askForTcpSockets(established, { eitherPorts: ports });
        const ends = found.map(({ local, remote }) => [local.port, remote.port])
          .sort();
        assertEquals(ends, [[port, own], [own, port]].sort());
      }
    }
    if (many === 1) return;
    assertEquals(askForTcpSockets(established, { eitherPorts: others }), []);
  });
}
