import { assert, assertEquals } from "@std/assert";
import { describeAnswer, probeUntilGood } from "../../lib/instance/probe.ts";
import { RawServer, type Serve } from "../support/raw_server.ts";

/** Probes a server that takes its time; returns what was seen and how long it took, in ms. */
async function probe(
  serve: Serve,
  times: { timeout: number; probeTimeout: number },
) {
  await using server = new RawServer(serve);
  const begin = performance.now();
  const seen = await probeUntilGood(new URL(server.url), {
    isGood: ({ status, text }) => status === 200 && text === "good",
    ...times,
  });
  return { seen, took: performance.now() - begin, asked: server.accepted };
}

Deno.test("probeUntilGood() asks until the answer is good", async () => {
  const { seen, asked } = await probe(async (peer, number) => {
    await peer.request();
    await peer.answer(number < 2 ? "bad" : "good");
  }, { timeout: 20_000, probeTimeout: 20_000 });
  assertEquals(seen, undefined);
  assertEquals(asked, 3);
});

Deno.test("probeUntilGood() gives a try no more time than there is altogether", async () => {
  const { seen, took } = await probe((peer) => peer.leaves(), {
    timeout: 300,
    probeTimeout: 300_000,
  });
  assertEquals(seen?.last, "no answer within 0.3 s");
  assert(took < 120_000, `${took} ms`);
});

Deno.test("probeUntilGood() ends a try that takes too long, and tries again", async () => {
  const { seen, asked } = await probe(async (peer, number) => {
    await peer.request();
    if (number === 0) await peer.leaves();
    await peer.answer("good");
  }, { timeout: 20_000, probeTimeout: 50 });
  assertEquals(seen, undefined);
  assertEquals(asked, 2);
});

Deno.test("probeUntilGood() tells what the last try saw that had all its time", async () => {
  const { seen, took } = await probe(async (peer, number) => {
    await peer.request();
    if (number > 0) await peer.leaves();
    await peer.answer("bad");
  }, { timeout: 300, probeTimeout: 300_000 });
  assertEquals(seen?.last, '200 "bad"');
  assert(took < 120_000, `${took} ms`);
});

Deno.test("describeAnswer() is the status and the first words", () => {
  assertEquals(describeAnswer({ status: 204, text: "" }), "204");
  assertEquals(describeAnswer({ status: 204, text: " \n" }), "204");
  assertEquals(describeAnswer({ status: 503, text: "a\n  b" }), '503 "a b"');
  const words = "\x1b[31m\x07 \x85 \x7f";
  const spelled = String.raw`500 "\u001b[31m\u0007 \x85 \x7f"`;
  assertEquals(describeAnswer({ status: 500, text: words }), spelled);
  const long = describeAnswer({ status: 500, text: "x".repeat(1000) });
  assert(long.length < 100, long);
});
