import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { LoadResult } from "./load_result.ts";
import { always, load, loadOn } from "./load_trial.ts";
import { resettingServer, type Serve } from "./raw_server.ts";

/** Asserts that the one request failed, and how. */
function assertFailed(
  result: LoadResult,
  kind: string | RegExp,
  detail: string,
  reused = false,
): void {
  assertEquals(result.failed, 1);
  const [failure] = result.failures;
  assert(failure !== undefined);
  if (typeof kind === "string") assertEquals(failure.kind, kind);
  else assertMatch(failure.kind, kind);
  assertStringIncludes(failure.detail, detail);
  assertEquals(failure.reused, reused);
  assertEquals(result.failedReused, reused ? 1 : 0);
  assertEquals(result.kinds, { [failure.kind]: 1 });
  assertEquals(result.requests, result.ok + 1);
}

Deno.test("runLoad() counts a refused connection", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  listener.close();
  const result = await loadOn(url, 1);
  assertFailed(result, "connect", "refused");
  assertEquals(result.connections, 0);
});

Deno.test("runLoad() counts a connection that is reset before an answer", async () => {
  await using server = await resettingServer("");
  assertFailed(await loadOn(server.url, 1), "reset", "reset by peer");
});

Deno.test("runLoad() counts a connection that is closed before an answer", async () => {
  assertFailed(await load((peer) => peer.request(), 1), "closed", "closed");
});

Deno.test("runLoad() counts a request lost on a reused connection as such", async () => {
  const result = await load(async (peer, number) => {
    await peer.request();
    await peer.answer("v1");
    await peer.request();
    if (number > 0) await peer.answer("v1");
  }, 4);
  assertFailed(result, "closed", "closed", true);
  assertEquals([result.ok, result.connections], [3, 2]);
});

Deno.test("runLoad() counts a request that crosses the closing of a reused connection", async () => {
  for (let round = 0; round < 20; round++) {
    const result = await load(async (peer) => {
      await peer.request();
      await peer.answer("v1");
    }, 2);
    assertFailed(result, /^(closed|reset)$/, "", true);
  }
});

Deno.test("runLoad() never repeats a request", async () => {
  let received = 0;
  const result = await load(async (peer) => {
    await peer.request();
    received++;
  }, 150);
  assertEquals(received, 150);
  assertEquals([result.requests, result.failed], [150, 150]);
  assertEquals(result.kinds, { closed: 150 });
  assertEquals(result.failures.length, 100);
});

Deno.test("runLoad() counts an answer that is cut off", async () => {
  const head = "HTTP/1.1 200 OK\r\n";
  const cutOff = [
    "HTTP/1.1 200",
    head,
    `${head}Content-Length: 3\r\n\r\n`,
    `${head}Content-Length: 3\r\n\r\nv1`,
    `${head}Transfer-Encoding: chunked\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nv1`,
    `${head}Transfer-Encoding: chunked\r\n\r\n2\r\nv1\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\n2\r\nv1\r\n0\r\n`,
  ];
  for (const text of cutOff) {
    const result = await load(async (peer) => {
      await peer.request();
      await peer.send(text);
    }, 1);
    assertFailed(result, "cut-off", `after ${text.length} bytes`);
  }
});

Deno.test("runLoad() counts an answer that a reset cuts off", async () => {
  await using server = await resettingServer("HTTP/1.1 200 OK\r\n\r\nv1");
  const result = await loadOn(server.url, 1);
  assertFailed(
    result,
    "cut-off",
    "reset by peer (os error 104) after 21 bytes",
  );
});

Deno.test("runLoad() counts a hang, before an answer and in the middle of one", async () => {
  for (const text of ["", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nv1"]) {
    const result = await load(
      async (peer) => {
        await peer.request();
        await peer.send(text);
        await peer.leaves();
      },
      1,
      { timeout: 50 },
    );
    assertFailed(result, "hang", `within 50 ms, ${text.length} bytes came`);
  }
});

Deno.test("runLoad() counts a hang while connecting", async () => {
  const listener = Deno.listen({
    hostname: "127.0.0.1",
    port: 0,
    tcpBacklog: 1,
  });
  try {
    const url = `http://127.0.0.1:${listener.addr.port}/`;
    const result = await loadOn(url, 8, { clients: 8, timeout: 100 });
    assertEquals(result.kinds, { hang: 8 });
    const details = result.failures.map(({ detail }) => detail);
    assert(details.includes("No connection within 100 ms"));
  } finally {
    listener.close();
  }
});

Deno.test("runLoad() counts a wrong status, and goes on with the connection", async () => {
  let number = 0;
  const result = await load(async (peer) => {
    while (true) {
      await peer.request();
      if (number++ !== 1) await peer.answer("v1");
      else {
        await peer.send(
          "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad",
        );
      }
    }
  }, 3);
  assertFailed(result, "status", 'got 502 "bad"', true);
  assertEquals(result.status, { 200: 2, 502: 1 });
  assertEquals(result.connections, 1);
  assertEquals(result.answers.map(({ text }) => text), ["v1"]);
});

Deno.test("runLoad() counts a body that isn't what is expected", async () => {
  const wrong = await load(always("v1"), 1, { expect: /^v2$/ });
  assertFailed(wrong, "body", 'matches /^v2$/, got "v1"');
  const refused = await load(always("v1"), 1, {
    expect: ({ body }, { method }) => body !== "v1" && method === "GET",
  });
  assertFailed(refused, "body", 'got "v1"');
  const right = await load(always("v1"), 1, { expect: /^v1$/ });
  assertEquals([right.ok, right.failed], [1, 0]);
});

Deno.test("runLoad() wants a POST's own token back with echo", async () => {
  const options = { methods: ["POST", "GET"], echo: true };
  const echo: Serve = async (peer) => {
    while (true) await peer.answer(await peer.request());
  };
  const good = await load(echo, 10, options);
  assertEquals([good.ok, good.failed], [10, 0]);

  let first: string | undefined;
  const repeatsFirst: Serve = async (peer) => {
    while (true) {
      const request = await peer.request();
      await peer.answer(first ??= request);
    }
  };
  const result = await load(repeatsFirst, 3, options);
  assertFailed(result, "body", "with the token", true);
});

Deno.test("runLoad() counts what isn't HTTP as malformed", async () => {
  const head = "HTTP/1.1 200 OK\r\n";
  const malformed = [
    ["SSH-2.0-OpenSSH\r\n", 'a status line, got "SSH-2.0-OpenSSH"'],
    [`${head}nonsense\r\n\r\n`, 'a header, got "nonsense"'],
    [`${head}Content-Length: x\r\n\r\n`, 'a Content-Length, got "x"'],
    [
      `${head}Transfer-Encoding: chunked\r\n\r\nz\r\n`,
      'the size of a chunk, got "z"',
    ],
    [
      `${head}Transfer-Encoding: chunked\r\n\r\n1\r\nv1\r\n`,
      'the end of a chunk, got "1"',
    ],
  ];
  for (const [text = "", detail = ""] of malformed) {
    const result = await load(async (peer) => {
      await peer.request();
      await peer.send(text);
      await peer.leaves();
    }, 1);
    assertFailed(result, "malformed", detail);
  }
});

Deno.test("runLoad() counts bytes after the end of an answer as malformed", async () => {
  const detail = 'nothing after an answer, got "2"';
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nv1";
  const together = await load(async (peer) => {
    await peer.request();
    await peer.send(`${answer}2`);
    await peer.leaves();
  }, 2);
  assertFailed(together, "malformed", detail, true);

  const serve: Serve = async (peer) => {
    await peer.request();
    await peer.send(answer);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await peer.send("2");
    await peer.leaves();
  };
  const inPause = await load(serve, 2, { pause: 100 });
  assertFailed(inPause, "malformed", detail, true);
});
