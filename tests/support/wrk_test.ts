import { assertEquals, assertThrows } from "@std/assert";
import { RawServer } from "./raw_server.ts";
import { hasNoFailure, parseWrkReport, Wrk } from "./wrk.ts";

Deno.test("Wrk reports no failure of a server that answers", async () => {
  await using server = new RawServer(async (peer) => {
    await peer.request();
    await peer.send(
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
  });
  await using wrk = await Wrk.start(server.url);
  const report = await wrk.stop();
  assertEquals(hasNoFailure(report), true, JSON.stringify(report));
});

Deno.test("Wrk reports a server that hangs up, and one that refuses", async () => {
  await using server = new RawServer(async (peer, number) => {
    await peer.request();
    if (number % 2 === 0) return;
    await peer.send("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
  });
  await using wrk = await Wrk.start(server.url);
  while (server.accepted < 100) await new Promise((r) => setTimeout(r, 5));
  const report = await wrk.stop();
  assertEquals(hasNoFailure(report), false);
  assertEquals(report.socketErrors > 0, true);
  assertEquals(report.badAnswers > 0, true);
});

Deno.test("parseWrkReport() adds up socket errors of every kind", () => {
  const report = parseWrkReport(`\
  451 requests in 8.24s, 8.13MB read
  Socket errors: connect 1, read 20, write 300, timeout 4000
  Non-2xx or 3xx responses: 7
`);
  assertEquals(report, { requests: 451, socketErrors: 4321, badAnswers: 7 });
});

Deno.test("parseWrkReport() throws where wrk has reported nothing", () => {
  assertThrows(
    () => parseWrkReport("unable to connect to 127.0.0.1:1\n"),
    Error,
    "Cannot read wrk's report: \"unable to connect",
  );
});
