import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { always, load, loadOn } from "./load_trial.ts";
import { RawServer, type Serve } from "./raw_server.ts";
import { runLoad } from "./run_load.ts";

Deno.test("runLoad() uses its connections again and counts good answers", async () => {
  const result = await load(always("v1\n"), 200, { clients: 4 });
  assertEquals(result.requests, 200);
  assertEquals(result.ok, 200);
  assertEquals(result.failed, 0);
  assertEquals(result.kinds, {});
  assertEquals(result.status, { 200: 200 });
  assertEquals(result.connections, 4);
  assertEquals(result.changes, 0);
  const { p50, p99, max } = result.latency;
  assert(0 < p50 && p50 <= p99 && p99 <= max && max <= result.duration);
  const [answer] = result.answers;
  assert(answer !== undefined && answer.first < answer.last);
  assertEquals([answer.text, answer.count], ["v1\n", 200]);
});

Deno.test("runLoad() makes a connection for each request without keepAlive", async () => {
  const heads: string[] = [];
  const result = await load(
    async (peer) => {
      heads.push(await peer.request());
      await peer.answer("");
      await peer.leaves();
    },
    5,
    { keepAlive: false },
  );
  assertEquals([result.ok, result.connections], [5, 5]);
  assertStringIncludes(heads[0] ?? "", "\r\nConnection: close\r\n");
});

Deno.test("runLoad() uses its methods in turn, on the path it is given", async () => {
  const requests: string[] = [];
  const result = await load(
    async (peer) => {
      while (true) {
        requests.push(await peer.request());
        await peer.answer("");
      }
    },
    3,
    { methods: ["GET", "POST"], path: "/a?b", size: 100 },
  );
  assertEquals(result.ok, 3);
  assertEquals(requests.map((request) => request.split("\r\n")[0]), [
    "GET /a?b HTTP/1.1",
    "POST /a?b HTTP/1.1",
    "GET /a?b HTTP/1.1",
  ]);
  assertMatch(requests[1] ?? "", /^Content-Length: 100\r\n\r\n.{100}$/m);
});

Deno.test("runLoad() lets each client begin with another method", async () => {
  const methods: string[] = [];
  const serve: Serve = async (peer) => {
    methods.push((await peer.request()).slice(0, 4));
    await peer.answer("");
  };
  await load(serve, 2, { clients: 2, methods: ["GET", "POST"] });
  assertEquals(methods.sort(), ["GET ", "POST"]);
});

Deno.test("runLoad() reads a chunked answer, however it is cut up", async () => {
  const text = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "8\r\nein sch\xc3\r\n" + // the first half of an ö
    "A;name=value\r\n\xb6ner\r\nTag\n\r\n" +
    "0\r\nSum: 1\r\n\r\n";
  const bytes = Uint8Array.from(text, (byte) => byte.charCodeAt(0));
  const result = await load(async (peer) => {
    for (const size of [2, 7, 50, bytes.length]) {
      await peer.request();
      for (let at = 0; at < bytes.length; at += size) {
        await peer.send(bytes.subarray(at, at + size));
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
  }, 4);
  assertEquals(result.failures, []);
  assertEquals(result.connections, 1);
  assertEquals(result.answers.map(({ text }) => text), [
    "ein schöner\r\nTag\n",
  ]);
});

Deno.test("runLoad() reads an answer larger than its buffer", async () => {
  const body = "0123456789".repeat(20_000);
  const result = await load(always(body), 3, {
    expect: (answer) => answer.body === body,
  });
  assertEquals([result.ok, result.connections], [3, 1]);
});

Deno.test("runLoad() takes a polite Connection: close for no failure", async () => {
  const result = await load(async (peer) => {
    await peer.request();
    await peer.send(
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nv1",
    );
  }, 5);
  assertEquals([result.ok, result.failed], [5, 0]);
  assertEquals(result.connections, 5);
});

Deno.test("runLoad() reads an answer without a length to its end", async () => {
  const result = await load(async (peer, number) => {
    await peer.request();
    await peer.send(`HTTP/1.${number % 2} 200 OK\r\n\r\nsch`);
    await peer.send(Uint8Array.of(0xc3));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await peer.send(Uint8Array.of(0xb6)); // the second half of an ö
    await peer.send("n");
  }, 4);
  assertEquals([result.ok, result.failures], [4, []]);
  assertEquals(result.answers.map(({ text }) => text), ["schön"]);
});

Deno.test("runLoad() makes a new connection after an answer in HTTP/1.0", async () => {
  const result = await load(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nv1");
  }, 3);
  assertEquals([result.ok, result.connections], [3, 3]);
});

Deno.test("runLoad() waits for no body where there is none", async () => {
  const heads = [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
  ];
  const serve: Serve = async (peer) => {
    for (const head of heads) {
      await peer.request();
      await peer.send(head);
    }
    await peer.leaves();
  };
  const methods = ["HEAD", "GET"];
  const result = await load(serve, 2, { methods, timeout: 1000 });
  assertEquals([result.ok, result.failures], [2, []]);
});

Deno.test("runLoad() notices during a pause that its connection was closed", async () => {
  const result = await load(
    async (peer) => {
      await peer.request();
      await peer.answer("v1");
    },
    3,
    { pause: 50 },
  );
  assertEquals([result.ok, result.failed], [3, 0]);
  assertEquals([result.connections, result.closedIdle], [3, 2]);
});

Deno.test("runLoad() keeps its connection over a pause", async () => {
  const result = await load(always("v1"), 5, { pause: 5 });
  assertEquals([result.ok, result.connections], [5, 1]);
  assertEquals(result.closedIdle, 0);
});

Deno.test("runLoad() tells distinct answers apart, and how often they changed", async () => {
  const bodies = ["v1 a", "v1 b", "v2 a", "v1 c", "v2 b", "v2 c"];
  const serve: () => Serve = () => {
    const rest = [...bodies];
    return async (peer) => {
      while (true) {
        await peer.request();
        await peer.answer(rest.shift() ?? "");
      }
    };
  };
  const whole = await load(serve(), 6);
  assertEquals([whole.answers.length, whole.changes], [6, 5]);
  const result = await load(serve(), 6, { text: /^(v\d) / });
  assertEquals(
    result.answers.map(({ text, count }) => [text, count]),
    [["v1", 3], ["v2", 3]],
  );
  assertEquals(result.changes, 3);
});

Deno.test("runLoad() lets a request under way finish when it is over", async () => {
  const over = new AbortController();
  await using server = new RawServer(async (peer) => {
    await peer.request();
    over.abort();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await peer.answer("v1");
    await peer.leaves();
  });
  const result = await runLoad({ url: server.url, clients: 1 }, over.signal);
  assertEquals([result.requests, result.ok], [1, 1]);
});

Deno.test("runLoad() ends by itself after its duration", async () => {
  const result = await load(always("v1"), Infinity, { duration: 50 });
  assert(result.ok > 0 && result.failed === 0);
});

Deno.test("runLoad() says when every client has had its first outcome", async () => {
  const outcomes = new Set<number>();
  await using server = new RawServer(async (peer, number) => {
    while (true) {
      await peer.request();
      await new Promise((resolve) => setTimeout(resolve, number));
      outcomes.add(number);
      if (number < 20) await peer.answer("v1");
      else peer.close();
    }
  });
  const over = new AbortController();
  let atStart = 0;
  const options = { url: server.url, clients: 25 };
  await runLoad(options, over.signal, () => {
    atStart = outcomes.size;
    over.abort();
  });
  assert(atStart >= 25);
});

Deno.test("runLoad() lists no more than 1000 distinct answers", async () => {
  let number = 0;
  const result = await load(async (peer) => {
    while (true) {
      await peer.request();
      await peer.answer(`v${number++}`);
    }
  }, 1002);
  assertEquals([result.ok, result.changes], [1002, 1001]);
  assertEquals(result.answers.length, 1000);
});

Deno.test("runLoad() rejects options that make no sense", async () => {
  await assertRejects(
    () => loadOn("https://127.0.0.1/", 1),
    TypeError,
    'Cannot load anything but http, got "https://127.0.0.1/"',
  );
  await assertRejects(
    () => loadOn("http://127.0.0.1/", 1, { size: 10 }),
    TypeError,
    "Expected a size of at least 36 bytes, got 10",
  );
});
