import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Address } from "../../lib/system/address.ts";
import { httpGet } from "../../lib/system/http.ts";
import { TempDir } from "./temp_dir.ts";

/** More than an answer from this host ever takes, in ms. */
const ENOUGH = 20_000;

/** A server that says what it was asked, at /redirect something else. */
function answer(request: Request): Response {
  const { pathname, search } = new URL(request.url);
  if (pathname === "/redirect") {
    return new Response("away", { status: 302, headers: { location: "/" } });
  }
  if (pathname === "/large") return new Response("x".repeat(500_000));
  const words = [request.method, pathname + search];
  for (const name of ["user-agent", "connection"]) {
    words.push(request.headers.get(name) ?? "");
  }
  return new Response(words.join(" "), {
    status: pathname === "/fail" ? 503 : 200,
  });
}

const SAID = "zddeploy close";

async function serving(
  options: Deno.ServeTcpOptions,
  body: (port: number) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ ...options, onListen() {} }, answer);
  try {
    await body(server.addr.port);
  } finally {
    await server.shutdown();
  }
}

Deno.test("httpGet() GETs a path from an address", async () => {
  await serving({ hostname: "127.0.0.1", port: 0 }, async (port) => {
    for (const host of ["127.0.0.1", "0.0.0.0", "localhost"]) {
      assertEquals(await httpGet({ host, port }, "/up?a=1", ENOUGH), {
        status: 200,
        text: `GET /up?a=1 ${SAID}`,
      });
    }
  });
});

Deno.test("httpGet() GETs from IPv6 and from a unix socket", async () => {
  await serving({ hostname: "::1", port: 0 }, async (port) => {
    for (const host of ["[::1]", "[::]"]) {
      const { text } = await httpGet({ host, port }, "/up", ENOUGH);
      assertEquals(text, `GET /up ${SAID}`);
    }
    const url = new URL(`http://[::1]:${port}/up`);
    assertEquals((await httpGet(url, undefined, ENOUGH)).status, 200);
  });
  using directory = new TempDir();
  const path = directory.join("s");
  const server = Deno.serve({ path, onListen() {} }, answer);
  const { text } = await httpGet({ path }, "/up", ENOUGH);
  assertEquals(text, `GET /up ${SAID}`);
  await server.shutdown();
});

Deno.test("httpGet() GETs a URL, its query too", async () => {
  await serving({ hostname: "127.0.0.1", port: 0 }, async (port) => {
    const url = new URL(`http://127.0.0.1:${port}/a%20b?c=d&e#f`);
    const { text } = await httpGet(url, undefined, ENOUGH);
    assertEquals(text, `GET /a%20b?c=d&e ${SAID}`);
  });
});

Deno.test("httpGet() returns any status, and follows no redirect", async () => {
  await serving({ hostname: "127.0.0.1", port: 0 }, async (port) => {
    const address = { host: "127.0.0.1", port };
    assertEquals((await httpGet(address, "/fail", ENOUGH)).status, 503);
    assertEquals(await httpGet(address, "/redirect", ENOUGH), {
      status: 302,
      text: "away",
    });
  });
});

Deno.test("httpGet() keeps only the first words of a large answer", async () => {
  await serving({ hostname: "127.0.0.1", port: 0 }, async (port) => {
    const { text } = await httpGet(
      { host: "127.0.0.1", port },
      "/large",
      ENOUGH,
    );
    assert(text.startsWith("xxxx"));
    assert(text.length < 200_000, String(text.length));
  });
});

/** A server that answers one connection with these bytes, and then hangs up or not. */
async function answering(
  bytes: string,
  hangUp: boolean,
  body: (address: Address) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const done = Promise.withResolvers<void>();
  const answered = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(4096));
    await connection.write(new TextEncoder().encode(bytes));
    if (!hangUp) await done.promise;
  })();
  try {
    await body({ host: "127.0.0.1", port });
  } finally {
    done.resolve();
    await answered;
    listener.close();
  }
}

Deno.test("httpGet() takes an answer that ends with the connection", async () => {
  await answering("HTTP/1.0 204 Fine\r\n\r\n", true, async (address) => {
    assertEquals((await httpGet(address, "/", ENOUGH)).status, 204);
  });
});

Deno.test("httpGet() throws if the server hangs up or talks nonsense", async () => {
  const length = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
  for (const bytes of ["", "SSH-2.0-x\r\n", "HTTP/1.1", `${length}half`]) {
    await answering(bytes, true, async (address) => {
      await assertRejects(() => httpGet(address, "/", ENOUGH), Error);
    });
  }
});

Deno.test("httpGet() throws when the time is over, before or within the answer", async () => {
  const started = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
  for (const bytes of ["", "HTTP/1.1 200 OK\r\n", started]) {
    await answering(bytes, false, async (address) => {
      await assertRejects(() => httpGet(address, "/", 30), Error);
    });
  }
});

Deno.test("httpGet() says that it is the time that was over", async () => {
  await answering("", false, async (address) => {
    const error = await assertRejects(() => httpGet(address, "/", 30), Error);
    assert(/time|30 ms|no answer/i.test(error.message), error.message);
  });
});

Deno.test("httpGet() throws where nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const address = { host: "127.0.0.1", port };
  await assertRejects(() => httpGet(address, "/", ENOUGH), Error, "REFUSED");
});
