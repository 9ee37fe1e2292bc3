import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Address,
  connectHost,
  formatAddress,
  parseAddress,
  portText,
  tryConnect,
} from "../../lib/system/address.ts";
import { TempDir } from "./temp_dir.ts";

Deno.test("parseAddress() reads the three forms of a port file", () => {
  assertEquals(parseAddress("45643\n"), { host: "127.0.0.1", port: 45643 });
  assertEquals(parseAddress(" 10.0.0.5:80 "), { host: "10.0.0.5", port: 80 });
  assertEquals(parseAddress("localhost:80"), { host: "localhost", port: 80 });
  assertEquals(parseAddress("[::1]:8080"), { host: "[::1]", port: 8080 });
  assertEquals(parseAddress("[fe80::1:2]:1"), {
    host: "[fe80::1:2]",
    port: 1,
  });
  assertEquals(parseAddress("unix:/run/web.sock"), { path: "/run/web.sock" });
});

Deno.test("parseAddress() takes the ports that there are, 1 to 65535", () => {
  assertEquals(parseAddress("1"), { host: "127.0.0.1", port: 1 });
  assertEquals(parseAddress("65535"), { host: "127.0.0.1", port: 65535 });
  for (const text of ["0", "65536", "70000", "-1", "123456", "1e3", "0x50"]) {
    assertEquals(parseAddress(text), undefined, text);
  }
});

Deno.test("parseAddress() refuses whatever else there can be in a file", () => {
  const wrong = [
    "",
    "\n",
    "12 34",
    "12\n34",
    "80\0",
    "\0",
    ":80",
    "host:",
    "host:port",
    "a b:80",
    "http://localhost:80",
    "my-host.local:80",
    "127.1:80",
    "0x7f000001:80",
    "127.0.0.256:80",
    "localhost.:80",
    "[::1%lo]:80",
    "::1:80x",
    "[::1]",
    "[x]:80",
    "{x}:80",
    "localhost;:80",
    "unix:",
    "unix:run/web.sock",
    "UNIX:/run/web.sock",
    "/run/web.sock",
    "8080;",
    "８０",
    "9".repeat(100_000),
    "a".repeat(100_000) + ":80x",
  ];
  for (const text of wrong) {
    assertEquals(
      parseAddress(text),
      undefined,
      JSON.stringify(text.slice(0, 40)),
    );
  }
});

Deno.test("parseAddress() refuses a socket's path that nginx, the kernel or a terminal can't take", () => {
  const wrong = [" ", ";", "{", "}", "'", '"', "\\", "\0", "\n", "\t"]
    .concat("\u001b", "\u007f", "\u0085", "\u009b");
  for (const character of wrong) {
    const text = `unix:/run/a${character}b`;
    assertEquals(parseAddress(text), undefined, JSON.stringify(text));
  }
  // sun_path holds 108 bytes, the closing NUL included (unix(7)).
  const longest = "/" + "a".repeat(106);
  assertEquals(parseAddress(`unix:${longest}`), { path: longest });
  assertEquals(parseAddress(`unix:${longest}a`), undefined);
  assertEquals(parseAddress(`unix:/${"ä".repeat(54)}`), undefined);
});

Deno.test("parseAddress() reads what formatAddress() writes", () => {
  const addresses: Address[] = [{ path: "/run/web.sock" }, { path: "/ä-_.~" }];
  for (const host of ["127.0.0.1", "10.1.2.3", "[::1]", "localhost"]) {
    for (const port of [1, 80, 1024, 45643, 65535]) {
      addresses.push({ host, port });
    }
  }
  for (const address of addresses) {
    assertEquals(parseAddress(formatAddress(address)), address);
  }
});

Deno.test("formatAddress() names loopback for a server that listens everywhere", () => {
  assertEquals(formatAddress({ host: "0.0.0.0", port: 80 }), "127.0.0.1:80");
  assertEquals(formatAddress({ host: "[::]", port: 80 }), "[::1]:80");
  assertEquals(formatAddress({ path: "/run/x" }), "unix:/run/x");
  assertEquals(connectHost("10.0.0.5"), "10.0.0.5");
});

Deno.test("portText() is the port, or the path of the socket", () => {
  assertEquals(portText({ host: "10.0.0.5", port: 80 }), "80");
  assertEquals(portText({ path: "/run/x" }), "unix:/run/x");
});

Deno.test("tryConnect() reaches servers on IPv4, IPv6, every address and a unix socket", async () => {
  using directory = new TempDir();
  const path = directory.join("s");
  using four = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using six = Deno.listen({ hostname: "::1", port: 0 });
  using unix = Deno.listen({ transport: "unix", path });
  const portOf = (listener: Deno.TcpListener) => listener.addr.port;
  await tryConnect({ host: "127.0.0.1", port: portOf(four) });
  await tryConnect({ host: "0.0.0.0", port: portOf(four) });
  await tryConnect({ host: "[::1]", port: portOf(six) });
  for (const server of [four, six]) {
    await tryConnect({ host: "localhost", port: portOf(server) });
  }
  await tryConnect({ host: "[::]", port: portOf(six) });
  await tryConnect({ path });
  assert(unix);
});

Deno.test("tryConnect() throws where nobody listens", async () => {
  using directory = new TempDir();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assertRejects(
    () => tryConnect({ host: "127.0.0.1", port }),
    Deno.errors.ConnectionRefused,
  );
  await assertRejects(() => tryConnect({ path: directory.join("none") }));
});
