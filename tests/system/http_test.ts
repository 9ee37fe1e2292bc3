import { assert, assertEquals, assertRejects } from "@std/assert";
import { httpGet } from "../../lib/system/http.ts";
import { sleep } from "../../lib/system/wait.ts";
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

type Talk = (connection: Deno.Conn) => Promise<unknown>;

/** A server that is asked once, talks and hangs up. It must have been asked by then. */
async function talking(
  talk: Talk,
  body: (address: { host: string; port: number }) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const talked = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(4096));
    await talk(connection);
  })();
  try {
    await body({ host: "127.0.0.1", port: listener.addr.port });
    await talked;
  } finally {
    listener.close();
  }
}

/** Says these words; slowly, they go out one by one. */
function says(...words: string[]): Talk {
  return async (connection) => {
    for (const word of words) {
      await connection.write(new TextEncoder().encode(word));
      if (words.length > 1) await sleep(2);
    }
  };
}

/** Says something, and then waits until the other side hangs up. */
function saysAndWaits(text: string): Talk {
  return async (connection) => {
    await says(text)(connection);
    while (await connection.read(new Uint8Array(4096)).catch(() => null));
  };
}

/** Says something, and then the same words until the other side hangs up. */
function saysForever(text: string, again: string): Talk {
  return async (connection) => {
    await says(text)(connection);
    const words = says(again.repeat(10_000));
    while (await words(connection).then(() => true, () => false));
  };
}

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const LENGTH_9 = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";

Deno.test("httpGet() takes an answer that ends with the connection", async () => {
  await talking(says("HTTP/1.0 404\r\n\r\nnot here"), async (address) => {
    assertEquals(await httpGet(address, "/", ENOUGH), {
      status: 404,
      text: "not here",
    });
  });
});

Deno.test("httpGet() takes an answer as soon as it is whole", async () => {
  const whole = {
    "HTTP/1.1 204 Fine\r\n\r\n": "",
    "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n": "",
    "HTTP/1.1 200 OK\r\ncontent-length:5 \r\n\r\nhello": "hello",
    "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi": "hi",
    [`${LENGTH_9}grüßen!`]: "grüßen!",
    [`${CHUNKED}5;a=b\r\nhello\r\n0C \r\n and\r\n good \r\n0\r\n\r\n`]:
      "hello and\r\n good ",
    [`${CHUNKED}0\r\nA: trailer\r\nAnother: one\r\n\r\n`]: "",
    [
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: gzip, Chunked\r\n" +
      "\r\n3\r\nabc\r\n0\r\n\r\n"
    ]: "abc",
  };
  for (const [said, text] of Object.entries(whole)) {
    await talking(saysAndWaits(said), async (address) => {
      assertEquals((await httpGet(address, "/", ENOUGH)).text, text, said);
    });
  }
});

Deno.test("httpGet() takes an answer that comes byte by byte", async () => {
  const said = `${CHUNKED}6\r\nhällo\r\n0\r\n\r\n`;
  const bytes = new TextEncoder().encode(said);
  const drip: Talk = async (connection) => {
    for (const byte of bytes) {
      await connection.write(Uint8Array.of(byte));
      await sleep(1);
    }
  };
  await talking(drip, async (address) => {
    assertEquals((await httpGet(address, "/", ENOUGH)).text, "hällo");
  });
});

Deno.test("httpGet() skips what is said before the answer", async () => {
  const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  const words = [
    "HTTP/1.1 100 Continue\r\n\r\n",
    early,
    `${LENGTH_9}123456789`,
  ];
  await talking(says(...words), async (address) => {
    assertEquals(await httpGet(address, "/", ENOUGH), {
      status: 200,
      text: "123456789",
    });
  });
});

Deno.test("httpGet() says where the server hung up", async () => {
  const seen = {
    "": "hung up before it answered",
    "HTTP/1.1 100 Continue\r\n\r\n": "hung up before it answered",
    "HTTP/1.1 200 OK": "hung up in the middle of its headers",
    "HTTP/1.1 200 OK\r\nDate": "hung up in the middle of its headers",
    "HTTP/1.1 200 OK\r\nDate: x\r\n": "hung up in the middle of its headers",
    [LENGTH_9]: "hung up in the middle of the body",
    [`${LENGTH_9}half`]: "hung up in the middle of the body",
    [`${CHUNKED}`]: "hung up in the middle of the body",
    [`${CHUNKED}1`]: "hung up in the middle of the body",
    [`${CHUNKED}20\r\nhalf`]: "hung up in the middle of the body",
    [`${CHUNKED}4\r\nhalf`]: "hung up in the middle of the body",
    [`${CHUNKED}4\r\nhalf\r\n`]: "hung up in the middle of the body",
    [`${CHUNKED}0\r\n`]: "hung up in the middle of the body",
  };
  for (const [said, error] of Object.entries(seen)) {
    await talking(says(said), async (address) => {
      await assertRejects(
        () => httpGet(address, "/", ENOUGH),
        Deno.errors.UnexpectedEof,
        error,
      );
    });
  }
});

Deno.test("httpGet() says what is no HTTP", async () => {
  const length = "HTTP/1.1 200 OK\r\nContent-Length: ";
  const seen = {
    "SSH-2.0-x\r\n": 'no HTTP answer: "SSH-2.0-x"',
    "HTTP/1.1 soon\r\n\r\n": 'no HTTP answer: "HTTP/1.1 soon"',
    "\0\x01": 'no HTTP answer: "\\u0000\\u0001"',
    [`${length}-1\r\n\r\n`]: 'no length of a body: "-1"',
    [`${length}1e3\r\n\r\n`]: 'no length of a body: "1e3"',
    [`${CHUNKED}hello\r\n`]: 'no chunk: "hello"',
    [`${CHUNKED}-4\r\nhalf\r\n`]: 'no chunk: "-4"',
    [`${CHUNKED}\r\n`]: 'no chunk: ""',
    [`${CHUNKED}2\r\nhello\r\n`]: "a chunk is longer than its size, 2",
  };
  for (const [said, error] of Object.entries(seen)) {
    await talking(says(said), async (address) => {
      await assertRejects(() => httpGet(address, "/", ENOUGH), Error, error);
    });
  }
});

Deno.test("httpGet() takes no endless headers", async () => {
  const ok = "HTTP/1.1 200 OK\r\n";
  const seen: [start: string, again: string, error: string][] = [
    ["", "x", 'no HTTP answer: "xxx'],
    ["HTTP/1.1 200 ", "x", "the headers are longer than 16 KB"],
    [ok, "x", "the headers are longer than 16 KB"],
    [ok, "a: b\r\n", "the headers are longer than 16 KB"],
    [CHUNKED, "1", 'no chunk: "111'],
  ];
  for (const [start, again, error] of seen) {
    await talking(saysForever(start, again), async (address) => {
      await assertRejects(() => httpGet(address, "/", ENOUGH), Error, error);
    });
  }
});

Deno.test("httpGet() reads an endless answer until the time is over", async () => {
  const endless = [
    ["", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["HTTP/1.1 200 OK\r\n\r\n", "x"],
    [CHUNKED, "2\r\nhi\r\n"],
    [`${CHUNKED}0\r\n`, "trailer: x\r\n"],
  ];
  for (const [start = "", again = ""] of endless) {
    await talking(saysForever(start, again), async (address) => {
      await assertRejects(
        () => httpGet(address, "/", 100),
        Deno.errors.TimedOut,
        "no answer within 0.1 s",
      );
    });
  }
});

Deno.test("httpGet() waits for silence until the time is over", async () => {
  const starts = ["", "HTTP/1.1", "HTTP/1.1 200 OK\r\n", `${LENGTH_9}half`];
  for (const start of [...starts, CHUNKED, `${CHUNKED}9\r\nhalf`]) {
    await talking(saysAndWaits(start), async (address) => {
      await assertRejects(
        () => httpGet(address, "/", 30),
        Deno.errors.TimedOut,
        "no answer within 0.03 s",
      );
    });
  }
});

Deno.test("httpGet() ends with the signal's reason", async () => {
  for (const start of ["", `${LENGTH_9}half`]) {
    const enough = new AbortController();
    const talk: Talk = async (connection) => {
      setTimeout(() => enough.abort(new Error("enough")), 10);
      await saysAndWaits(start)(connection);
    };
    await talking(talk, async (address) => {
      const { signal } = enough;
      const asking = () => httpGet(address, "/", ENOUGH, signal);
      await assertRejects(asking, Error, "enough");
      await assertRejects(asking, Error, "enough"); // and doesn't begin
    });
  }
});

Deno.test("httpGet() leaves a signal alone once it has its answer", async () => {
  const later = new AbortController();
  await talking(says(`${LENGTH_9}123456789`), async (address) => {
    await httpGet(address, "/", ENOUGH, later.signal);
  });
  later.abort(new Error("later"));
});

Deno.test("httpGet() throws where nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  for (const host of ["127.0.0.1", "localhost"]) {
    await assertRejects(
      () => httpGet({ host, port }, "/", ENOUGH),
      Error,
      "refused",
    );
  }
  using directory = new TempDir();
  const path = directory.join("s");
  await assertRejects(
    () => httpGet({ path }, "/", ENOUGH),
    Deno.errors.NotFound,
  );
});

Deno.test("httpGet() keeps a request on its lines, whatever the path", async () => {
  await serving({ hostname: "127.0.0.1", port: 0 }, async (port) => {
    const { text } = await httpGet(
      { host: "127.0.0.1", port },
      "/ü HTTP/1.1\r\nUser-Agent: x\r\n",
      ENOUGH,
    );
    const path = "/%C3%BC%20HTTP/1.1%0D%0AUser-Agent:%20x%0D%0A";
    assertEquals(text, `GET ${path} ${SAID}`);
  });
});

const HTTP = new URL("../../lib/system/http.ts", import.meta.url).href;

/** What httpGet() answers in a program of its own, as JSON, or the message of its error. */
async function getOutside(
  url: string,
  env: Record<string, string> = {},
): Promise<string> {
  const program = `
    const { httpGet } = await import(${JSON.stringify(HTTP)});
    const asking = httpGet(new URL(${
    JSON.stringify(url)
  }), undefined, ${ENOUGH});
    console.log(await asking.then(JSON.stringify, (error) => error.message));
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", program],
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  return (decoder.decode(stdout) + decoder.decode(stderr)).trim();
}

Deno.test("httpGet() keeps a program running that waits for nothing else", async () => {
  const talks: [Talk, string][] = [
    [says(""), "the server hung up before it answered"],
    [says(`${LENGTH_9}half`), "the server hung up in the middle of the body"],
    [says(LENGTH_9, "1234", "56789"), '{"status":200,"text":"123456789"}'],
  ];
  for (const [talk, expected] of talks) {
    await talking(talk, async ({ port }) => {
      assertEquals(await getOutside(`http://127.0.0.1:${port}/`), expected);
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
    "httpGet() GETs over TLS, and takes only a certificate that Deno trusts",
  ignore: !openssl,
  async fn() {
    using directory = new TempDir();
    const { cert, key, file } = await selfSigned(directory);
    for (const hostname of ["127.0.0.1", "::1"]) {
      const options = { hostname, port: 0, cert, key, onListen() {} };
      const server = Deno.serve(options, answer);
      const hosts = hostname === "::1" ? ["[::1]"] : ["127.0.0.1", "localhost"];
      for (const host of hosts) {
        const url = `https://${host}:${server.addr.port}/up?a=1`;
        assertEquals(
          await getOutside(url, { DENO_CERT: file }),
          `{"status":200,"text":"GET /up?a=1 ${SAID}"}`,
        );
        await assertRejects(
          () => httpGet(new URL(url), undefined, ENOUGH),
          Error,
          "certificate",
        );
      }
      await server.shutdown();
    }
  },
});

Deno.test("httpGet() throws where TLS is not spoken", async () => {
  await talking(says("HTTP/1.1 400 Bad Request\r\n\r\n"), async ({ port }) => {
    const url = new URL(`https://127.0.0.1:${port}/`);
    await assertRejects(() => httpGet(url, undefined, ENOUGH), Error);
  });
  // Deno itself keeps the connection of a handshake until the server hangs up.
  const silence = Promise.withResolvers<void>();
  await talking(() => silence.promise, async ({ port }) => {
    const url = new URL(`https://127.0.0.1:${port}/`);
    await assertRejects(
      () => httpGet(url, undefined, 30),
      Deno.errors.TimedOut,
      "no answer within 0.03 s",
    );
    silence.resolve();
  });
});
