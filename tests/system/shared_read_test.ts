import { assert, assertEquals } from "@std/assert";
import { SharedRead } from "../../lib/system/shared_read.ts";
import { sleep } from "../../lib/system/wait.ts";

/** Reads how many reads there have been; each takes some ms. */
function slowRead(ms = 10) {
  let reads = 0;
  return new SharedRead(() => {
    const end = performance.now() + ms;
    reads++;
    while (performance.now() < end) { /* it takes long */ }
    return reads;
  });
}

Deno.test("a read answers those who asked before it began", () => {
  const shared = slowRead(1);
  const asked = performance.now();
  assertEquals(shared.get(asked), 1);
  assertEquals(shared.get(asked), 1);
  assertEquals(shared.get(), 2);
  assertEquals(shared.get(performance.now()), 3);
});

Deno.test("forget() makes the next one read", () => {
  const shared = slowRead(1);
  const asked = performance.now();
  shared.get(asked);
  shared.forget();
  assertEquals(shared.get(asked), 2);
});

Deno.test("recently() allows a read of a moment ago, and none that is older", async () => {
  const shared = slowRead(1);
  assertEquals(shared.get(shared.recently()), 1);
  assertEquals(shared.get(shared.recently()), 1);
  await sleep(100);
  assertEquals(shared.get(shared.recently()), 2);
});

Deno.test("those who take turns side by side share a read that begins after all have asked", async () => {
  const shared = slowRead();
  shared.get(await shared.turn());
  const askers = Array.from({ length: 50 }, async () => {
    const asked = performance.now();
    const notBefore = await shared.turn();
    assert(notBefore >= asked);
    return shared.get(notBefore);
  });
  // The first doesn't know how long the read takes; the others wait for each other.
  assert(new Set(await Promise.all(askers)).size <= 2);
});
