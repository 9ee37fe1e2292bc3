import { assert, assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import type { Address } from "../../lib/system/address.ts";
import { openFiles } from "../../lib/system/process.ts";
import {
  listeningInodes,
  readUnixSockets,
  socketFile,
} from "../../lib/system/sockets.ts";
import { openConnections } from "../../lib/system/connections.ts";
import { TempDir } from "./temp_dir.ts";
import { until } from "../support/until.ts";

/** Listens on a free port of a host. */
function listenOn(hostname: string): [Deno.TcpListener, number] {
  const listener = Deno.listen({ hostname, port: 0 });
  return [listener, listener.addr.port];
}

Deno.test("listeningInodes() finds the socket that listens, which its process has open", async () => {
  using directory = new TempDir();
  const path = directory.join("a");
  const [four, port4] = listenOn("127.0.0.1");
  const [six, port6] = listenOn("::1");
  const [every, portEvery] = listenOn("0.0.0.0");
  using unix = Deno.listen({ transport: "unix", path });
  const addresses: Address[] = [
    { host: "127.0.0.1", port: port4 },
    { host: "[::1]", port: port6 },
    { host: "127.0.0.1", port: portEvery },
    { host: "localhost", port: portEvery },
    { path },
  ];
  const own = new Set(openFiles(Deno.pid).values());
  for (const address of addresses) {
    const inodes = listeningInodes(address);
    assertEquals(inodes.length, 1, JSON.stringify(address));
    assert(own.has(`socket:[${inodes[0]}]`), JSON.stringify(address));
  }
  assertEquals(listeningInodes({ host: "127.0.0.2", port: port4 }), []);
  for (const listener of [four, six, every]) listener.close();
  // A child that another test forks has it open for a moment longer.
  const gone = { host: "127.0.0.1", port: port4 };
  await until("it is closed", () => listeningInodes(gone).length === 0);
  assert(unix);
});

Deno.test("listeningInodes() doesn't take a connection for a listener", async () => {
  using directory = new TempDir();
  const path = directory.join("s");
  const unix = Deno.listen({ transport: "unix", path });
  using _client = await Deno.connect({ transport: "unix", path });
  using _accepted = await unix.accept();
  assertEquals(listeningInodes({ path }).length, 1);
  unix.close();
  // A child that another test forks has it open for a moment longer.
  await until(
    "only the connection is left",
    () => listeningInodes({ path }).length === 0,
  );
});

Deno.test("a unix socket's path may hold blanks, and another may begin with it", () => {
  using directory = new TempDir();
  const path = directory.join("a b  c");
  using _ = Deno.listen({ transport: "unix", path });
  using _other = Deno.listen({ transport: "unix", path: `${path} d` });
  assertEquals(listeningInodes({ path }).length, 1);
});

Deno.test("a unix socket is found by its file, whatever name that has by now", async () => {
  using directory = new TempDir();
  const [bound, path] = [directory.join("new"), directory.join("s")];
  using listener = Deno.listen({ transport: "unix", path: bound });
  const file = socketFile(bound);
  Deno.renameSync(bound, path);
  assertEquals(socketFile(path), file);
  assertEquals(listeningInodes({ path }).length, 1);
  assertEquals(listeningInodes({ path: bound }), []);
  using _client = await Deno.connect({ transport: "unix", path });
  assertEquals(openConnections({ path }), 1, "not accepted yet");
  using _accepted = await listener.accept();
  assertEquals(openConnections({ path }), 1);

  // Another one that was bound to the same name doesn't count, nor a link to one.
  Deno.removeSync(path);
  using _other = Deno.listen({ transport: "unix", path });
  assertEquals(openConnections({ path }), 0);
  assertEquals(openConnections({ path, file }), 1);
  Deno.symlinkSync(path, directory.join("link"));
  assertEquals(socketFile(directory.join("link")), undefined);
});

Deno.test("the connections of a socket count whose file is gone", async () => {
  using directory = new TempDir();
  const path = directory.join("s");
  using listener = Deno.listen({ transport: "unix", path });
  using _client = await Deno.connect({ transport: "unix", path });
  using _accepted = await listener.accept();
  Deno.removeSync(path);
  assertEquals(openConnections({ path }), 1);
});

Deno.test("a name with a line of /proc/net/unix in it is no other socket's", () => {
  using directory = new TempDir();
  const path = directory.join("s");
  using _listener = Deno.listen({ transport: "unix", path });
  const [inode = ""] = listeningInodes({ path });
  // One that listens, and has the number of another.
  const forged = `${directory.path}/x\na b c 10000 1 1 4711 ${path}`;
  Deno.mkdirSync(dirname(forged), { recursive: true });
  using _forged = Deno.listen({ transport: "unix", path: forged });
  assertEquals(listeningInodes({ path }), [inode]);
  const lines = readUnixSockets("/proc/net/unix")
    .filter((socket) => socket.path === path);
  assertEquals(lines.length, 2, "it can't be told by the text");
});

Deno.test("listeningInodes() finds all that a client of an address may reach, and no other", async () => {
  const [four, port] = listenOn("127.0.0.1");
  using _four = four;
  const six = new Deno.Command("node", {
    args: [
      "-e",
      `require("net").createServer().listen({ host: process.argv[1],
        port: ${port}, ipv6Only: true }, () => console.log("listens"))`,
      "::1",
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  try {
    const reader = six.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const at = (host: string) => listeningInodes({ host, port });
    assertEquals(at("127.0.0.1").length, 1);
    assertEquals(at("[::1]").length, 1);
    assert(at("[::1]")[0] !== at("127.0.0.1")[0]);
    assertEquals(at("[0:0::1]"), at("[::1]"));
    assertEquals(at("[::ffff:127.0.0.1]"), at("127.0.0.1"));
    assertEquals(at("localhost").length, 2);
    assertEquals(at("127.0.0.2"), []);
  } finally {
    six.kill("SIGKILL");
    await six.status;
  }
});
