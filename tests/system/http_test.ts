import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Answer, httpGet } from "../../lib/system/http.ts";
import { sleep } from "../../lib/system/wait.ts";
import {
  RawServer,
  resettingServer,
  type Serve,
} from "../support/raw_server.ts";
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
  for (const name of ["host", "user-agent", "connection", "accept-encoding"]) {
    words.push(request.headers.get(name) ?? "");
  }
  return new Response(words.join(" "), {
    status: pathname === "/fail" ? 503 : 200,
  });
}

const SAID = "zddeploy close identity";

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

/** What is answered to a GET of the URL, within ENOUGH. */
function get(url: string | URL, address?: { host: string; port: number }) {
  return httpGet(new URL(url), { address, timeout: ENOUGH });
}

Deno.test("httpGet() GETs a URL, its query too", async () => {
  await serving({ hostname: "127.0.0.1", port: 0 }, async (port) => {
    assertEquals(await get(`http://127.0.0.1:${port}/a%20b?c=d&e#f`), {
      status: 200,
      text: `GET /a%20b?c=d&e 127.0.0.1:${port} ${SAID}`,
    });
  });
});

Deno.test("httpGet() asks an address in the name of the URL's host", async () => {
  await serving({ hostname: "127.0.0.1", port: 0 }, async (port) => {
    for (const host of ["127.0.0.1", "0.0.0.0", "localhost", "*"]) {
      const { text } = await get("http://example.org/up", { host, port });
      assertEquals(text, `GET /up example.org ${SAID}`);
    }
  });
});

Deno.test("httpGet() GETs from IPv6 and from a unix socket", async () => {
  await serving({ hostname: "::1", port: 0 }, async (port) => {
    for (const host of ["[::1]", "[::]"]) {
      const { text } = await get("http://example.org/up", { host, port });
      assertEquals(text, `GET /up example.org ${SAID}`);
    }
    assertEquals((await get(`http://[::1]:${port}/up`)).status, 200);
  });
  using directory = new TempDir();
  const path = directory.join("s");
  const server = Deno.serve({ path, onListen() {} }, answer);
  const { text } = await httpGet(new URL("http://example.org/up"), {
    address: { path },
    timeout: ENOUGH,
  });
  assertEquals(text, `GET /up example.org ${SAID}`);
  await server.shutdown();
});

Deno.test("httpGet() asks for a path, and not for a URL as if it asked a proxy", async () => {
  let request = "";
  const serve: Serve = async (peer) => {
    request = await peer.request();
    await peer.answer("");
  };
  await onBoth(serve, async (ask) => {
    await ask();
    assert(/^GET \/ HTTP\/1\.\d\r\n/.test(request), request);
  });
});

Deno.test("httpGet() returns any status, and follows no redirect", async () => {
  await serving({ hostname: "127.0.0.1", port: 0 }, async (port) => {
    const url = `http://127.0.0.1:${port}`;
    assertEquals((await get(`${url}/fail`)).status, 503);
    assertEquals(await get(`${url}/redirect`), { status: 302, text: "away" });
  });
});

Deno.test("httpGet() keeps only the first words of a large answer", async () => {
  await serving({ hostname: "127.0.0.1", port: 0 }, async (port) => {
    const { text } = await get(`http://127.0.0.1:${port}/large`);
    assertEquals(text, "x".repeat(1024));
  });
});

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const LENGTH_9 = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";

/** Answers with these words, and then hangs up, or not. */
function answering(text: string, { hangUp = true } = {}): Serve {
  return async (peer) => {
    await peer.request();
    await peer.send(text);
    if (!hangUp) await peer.leaves();
  };
}

Deno.test("httpGet() reads no more than a MB of an endless answer", async () => {
  for (const head of ["HTTP/1.1 200 OK\r\n\r\n", CHUNKED]) {
    let sent = 0;
    let left = Promise.withResolvers<void>();
    const endless: Serve = async (peer) => {
      sent = 0;
      try {
        await peer.request();
        await peer.send(head);
        for (;;) {
          const piece = "x".repeat(0x10000);
          const chunk = head === CHUNKED ? `10000\r\n${piece}\r\n` : piece;
          await peer.send(chunk);
          sent += piece.length;
        }
      } finally {
        left.resolve();
      }
    };
    await onBoth(endless, async (ask) => {
      left = Promise.withResolvers();
      const { status, text } = await ask();
      assertEquals([status, text.length], [200, 1024]);
      await left.promise;
      // What is on its way fills the buffers of both ends.
      assert(sent < 32 * 1024 * 1024, `${sent} bytes were taken`);
    });
  }
});

Deno.test("httpGet() takes an answer that ends with the connection", async () => {
  await using server = new RawServer(answering("HTTP/1.0 404\r\n\r\nnot here"));
  assertEquals(await get(server.url), { status: 404, text: "not here" });
});

Deno.test("httpGet() takes an answer as soon as it is whole, and hangs up", async () => {
  const whole = {
    "HTTP/1.1 204 Fine\r\n\r\n": "",
    "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n": "",
    [`${LENGTH_9}grüßen!`]: "grüßen!",
    [`${CHUNKED}5\r\nhello\r\n0\r\n\r\n`]: "hello",
  };
  for (const [said, text] of Object.entries(whole)) {
    const left = Promise.withResolvers<void>();
    await using server = new RawServer(async (peer) => {
      await peer.request();
      await peer.send(said);
      await peer.leaves().finally(left.resolve);
    });
    assertEquals((await get(server.url)).text, text, said);
    await left.promise;
  }
});

Deno.test("httpGet() skips what is said before the answer", async () => {
  const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  await using server = new RawServer(answering(`${early}${LENGTH_9}123456789`));
  assertEquals(await get(server.url), { status: 200, text: "123456789" });
});

/** Asks a server on a port, and another one on a unix socket. */
async function onBoth(
  serve: Serve,
  body: (ask: (timeout?: number) => Promise<Answer>) => Promise<void>,
): Promise<void> {
  using directory = new TempDir();
  for (const path of [undefined, directory.join("s")]) {
    await using server = new RawServer(serve, path);
    const address = path === undefined ? undefined : { path };
    await body((timeout = ENOUGH) =>
      httpGet(new URL(server.url), { address, timeout })
    );
  }
}

Deno.test("httpGet() says that the server hung up", async () => {
  const before = "the server closed the connection before it answered";
  const within = "the server closed the connection in the middle of its answer";
  const seen = {
    "": before,
    "HTTP/1.1 200 OK\r\nDate": before,
    [LENGTH_9]: within,
    [`${LENGTH_9}half`]: within,
    [`${CHUNKED}20\r\nhalf`]: within,
  };
  for (const [said, error] of Object.entries(seen)) {
    // A socket is asked in HTTP/1.0, which has no chunks.
    if (!said.startsWith(CHUNKED)) {
      await onBoth(answering(said), async (ask) => {
        await assertRejects(ask, Error, error);
      });
    }
    await using resetting = await resettingServer(said);
    await assertRejects(() => get(resetting.url), Error, error);
  }
});

Deno.test("httpGet() says what is no HTTP", async () => {
  const length = "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n";
  for (const said of ["SSH-2.0-x\r\n", "HTTP/1.1 soon\r\n\r\n", length]) {
    await onBoth(answering(said), async (ask) => {
      await assertRejects(ask, Error, "the answer isn't HTTP: ");
    });
  }
});

Deno.test("httpGet() takes no endless headers", async () => {
  await using server = new RawServer(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\n");
    for (;;) await peer.send("a: b\r\n".repeat(10_000));
  });
  await assertRejects(() => get(server.url), Error, "the answer isn't HTTP: ");
});

Deno.test("httpGet() waits for silence until the time is over", async () => {
  for (const start of ["", "HTTP/1.1 200 OK\r\n", `${LENGTH_9}half`, CHUNKED]) {
    await onBoth(answering(start, { hangUp: false }), async (ask) => {
      await assertRejects(
        () => ask(30),
        Deno.errors.TimedOut,
        "no answer within 0.03 s",
      );
    });
  }
});

Deno.test("httpGet() waits for an answer that drips until the time is over", async () => {
  const dripping: Serve = async (peer) => {
    await peer.request();
    await peer.send(CHUNKED);
    for (;;) {
      await peer.send("2\r\nhi\r\n");
      await sleep(5);
    }
  };
  await onBoth(dripping, async (ask) => {
    await assertRejects(
      () => ask(100),
      Deno.errors.TimedOut,
      "no answer within 0.1 s",
    );
  });
});

Deno.test("httpGet() ends with the signal's reason", async () => {
  for (const start of ["", `${LENGTH_9}half`]) {
    const enough = new AbortController();
    await using server = new RawServer(async (peer) => {
      await peer.request();
      setTimeout(() => enough.abort(new RangeError("enough")), 10);
      await peer.send(start);
      await peer.leaves();
    });
    const { signal } = enough;
    const asking = () =>
      httpGet(new URL(server.url), { timeout: ENOUGH, signal });
    await assertRejects(asking, RangeError, "enough");
    await assertRejects(asking, RangeError, "enough"); // and doesn't begin
    assertEquals(server.accepted, 1);
  }
});

Deno.test("httpGet() says in few words that nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  for (const host of ["127.0.0.1", "localhost"]) {
    const error = await assertRejects(() => get(`http://${host}:${port}/`));
    assertEquals(
      (error as Error).message,
      "Connection refused (os error 111)",
    );
  }
  using directory = new TempDir();
  const address = { path: directory.join("s") };
  const url = new URL("http://localhost/");
  const error = await assertRejects(() =>
    httpGet(url, { address, timeout: ENOUGH })
  );
  assertEquals(
    (error as Error).message,
    "No such file or directory (os error 2)",
  );
});

Deno.test("httpGet() keeps a request on its lines, whatever the path", async () => {
  await serving({ hostname: "127.0.0.1", port: 0 }, async (port) => {
    const path = "/ü HTTP/1.1\r\nUser-Agent: x\r\n";
    const { text } = await get(`http://127.0.0.1:${port}${path}`);
    assertEquals(
      text,
      `GET /%C3%BC%20HTTP/1.1User-Agent:%20x 127.0.0.1:${port} ${SAID}`,
    );
  });
});

const HTTP = new URL("../../lib/system/http.ts", import.meta.url).href;

/** A program that prints what httpGet() answers, as JSON, or the message of its error. */
function program(url: string): string {
  return `
    const { httpGet } = await import(${JSON.stringify(HTTP)});
    const asking = httpGet(new URL(${JSON.stringify(url)}), {
      timeout: ${ENOUGH},
    });
    console.log(await asking.then(JSON.stringify, (error) => error.message));
  `;
}

/** What a program prints that only asks for the URL. */
async function getOutside(
  url: string,
  { env = {}, through = [] }: {
    env?: Record<string, string>;
    /** The words of a command that runs it. */
    through?: string[];
  } = {},
): Promise<string> {
  const deno = [Deno.execPath(), "eval", "--quiet", program(url)];
  const [command = "", ...args] = [...through, ...deno];
  const { stdout, stderr } = await new Deno.Command(command, {
    args,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  return (decoder.decode(stdout) + decoder.decode(stderr)).trim();
}

Deno.test("httpGet() keeps a program running that waits for nothing else", async () => {
  const talks: [said: string, expected: string][] = [
    ["", "the server closed the connection before it answered"],
    [
      `${LENGTH_9}half`,
      "the server closed the connection in the middle of its answer",
    ],
    [`${LENGTH_9}123456789`, '{"status":200,"text":"123456789"}'],
  ];
  for (const [said, expected] of talks) {
    await using server = new RawServer(async (peer) => {
      await peer.request();
      await sleep(20);
      await peer.send(said);
    });
    assertEquals(await getOutside(server.url), expected);
  }
});

/** Proxies that nobody would get an answer from. */
const PROXIES = Object.fromEntries(
  ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) =>
    [name, name.toLowerCase()].map((name) => [name, "http://127.0.0.1:9"])
  ),
);

Deno.test("httpGet() is redirected by no proxy", async () => {
  await serving({ hostname: "127.0.0.1", port: 0 }, async (port) => {
    assertEquals(
      await getOutside(`http://127.0.0.1:${port}/up`, { env: PROXIES }),
      `{"status":200,"text":"GET /up 127.0.0.1:${port} ${SAID}"}`,
    );
  });
});

Deno.test("httpGet() tries all addresses of a host", async () => {
  using directory = new TempDir();
  const hosts = directory.join("hosts");
  Deno.writeTextFileSync(hosts, "127.0.0.1 two.test\n::1 two.test\n");
  const mount = `mount --bind "$0" /etc/hosts && exec "$@"`;
  const through = ["unshare", "--mount", "sh", "-c", mount, hosts];
  const { success } = await new Deno.Command("unshare", {
    args: [...through.slice(1), "true"],
    stderr: "null",
  }).output().catch(() => ({ success: false }));
  // deno-lint-ignore no-console
  if (!success) return console.log("skipped: no mount namespace can be made");
  for (const hostname of ["127.0.0.1", "::1"]) {
    await serving({ hostname, port: 0 }, async (port) => {
      assertEquals(
        await getOutside(`http://two.test:${port}/`, { through }),
        `{"status":200,"text":"GET / two.test:${port} ${SAID}"}`,
      );
    });
  }
});

const openssl = await new Deno.Command("openssl", { args: ["version"] })
  .output().then(({ success }) => success, () => false);

/** A certificate of this host that nobody has signed. */
async function selfSigned(
  directory: TempDir,
): Promise<{ cert: string; key: string; file: string }> {
  const [file, key] = [directory.join("cert.pem"), directory.join("key.pem")];
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-nodes", "-subj", "/CN=localhost", "-days", "2"],
      ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
      ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"],
      ...["-addext", "basicConstraints=critical,CA:FALSE"],
      ...["-out", file, "-keyout", key],
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return {
    cert: Deno.readTextFileSync(file),
    key: Deno.readTextFileSync(key),
    file,
  };
}

Deno.test({
  name:
    "httpGet() GETs over TLS without a proxy, and takes only a certificate that Deno trusts",
  ignore: !openssl,
  async fn() {
    using directory = new TempDir();
    const { cert, key, file } = await selfSigned(directory);
    for (const hostname of ["127.0.0.1", "::1"]) {
      const options = { hostname, port: 0, cert, key, onListen() {} };
      const server = Deno.serve(options, answer);
      const hosts = hostname === "::1" ? ["[::1]"] : ["127.0.0.1", "localhost"];
      for (const host of hosts) {
        const at = `${host}:${server.addr.port}`;
        const url = `https://${at}/up?a=1`;
        const env = { ...PROXIES, DENO_CERT: file };
        assertEquals(
          await getOutside(url, { env }),
          `{"status":200,"text":"GET /up?a=1 ${at} ${SAID}"}`,
        );
        await assertRejects(() => get(url), Error, "certificate");
      }
      await server.shutdown();
    }
  },
});

Deno.test("httpGet() leaves the proxies to the programs that zdd starts", async () => {
  await using server = new RawServer(answering(""));
  Deno.env.set("ALL_PROXY", "http://127.0.0.1:9");
  try {
    const url = server.url.replace("http:", "https:");
    await assertRejects(() => get(url));
    assertEquals(Deno.env.get("ALL_PROXY"), "http://127.0.0.1:9");
  } finally {
    Deno.env.delete("ALL_PROXY");
  }
});

Deno.test("httpGet() throws where TLS is not spoken", async () => {
  await using server = new RawServer(
    answering("HTTP/1.1 400 Bad Request\r\n\r\n"),
  );
  await assertRejects(() => get(server.url.replace("http:", "https:")), Error);
  await using silent = new RawServer((peer) => peer.leaves());
  await assertRejects(
    () =>
      httpGet(new URL(silent.url.replace("http:", "https:")), { timeout: 30 }),
    Deno.errors.TimedOut,
    "no answer within 0.03 s",
  );
});
