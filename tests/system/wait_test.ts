import { assert, assertEquals, assertRejects } from "@std/assert";
import { sleep, waitUntil } from "../../lib/system/wait.ts";

Deno.test("waitUntil() returns what it looked for, without a pause if it is there", async () => {
  let looks = 0;
  const found = await waitUntil(() => ++looks, { timeout: 10_000 });
  assertEquals([found, looks], [1, 1]);
});

Deno.test("waitUntil() looks again until there is something other than undefined", async () => {
  for (const value of [0, "", false, null]) {
    let looks = 0;
    const found = await waitUntil<unknown>(
      () => ++looks < 3 ? undefined : value,
      { timeout: 10_000, interval: 1 },
    );
    assertEquals(found, value);
    assertEquals(looks, 3);
  }
});

Deno.test("waitUntil() awaits a look that takes its time", async () => {
  const found = await waitUntil(
    () => new Promise<string>((resolve) => setTimeout(resolve, 5, "there")),
    { timeout: 0 },
  );
  assertEquals(found, "there");
});

Deno.test("waitUntil() looks once if there is no time at all", async () => {
  for (const timeout of [0, -1]) {
    let looks = 0;
    const nothing = () => {
      looks++;
      return undefined;
    };
    assertEquals(await waitUntil(nothing, { timeout }), undefined);
    assertEquals(looks, 1);
  }
});

Deno.test("waitUntil() returns undefined when the time is over, after a last look", async () => {
  const start = performance.now();
  let last = 0;
  const nothing = () => {
    last = performance.now() - start;
    return undefined;
  };
  const options = { timeout: 50, interval: 40, slowest: 1000 };
  assertEquals(await waitUntil(nothing, options), undefined);
  assert(last >= 49, String(last));
});

Deno.test("waitUntil() looks more and more rarely, but never slower than `slowest`", async () => {
  const looks = async (slowest: number) => {
    let count = 0;
    const nothing = () => {
      count++;
      return undefined;
    };
    await waitUntil(nothing, { timeout: 150, interval: 2, slowest });
    return count;
  };
  const [often, rarely] = await Promise.all([looks(2), looks(1000)]);
  assert(often > 2 * rarely, `${often} and ${rarely}`);
});

Deno.test("waitUntil() throws what the look throws", async () => {
  await assertRejects(
    () =>
      waitUntil(() => {
        throw new TypeError("no");
      }, { timeout: 1000 }),
    TypeError,
    "no",
  );
});

Deno.test("waitUntil() ends with the signal's reason", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = waitUntil(() => undefined, {
    timeout: 5000,
    interval: 5000,
    signal,
  });
  setTimeout(() => controller.abort(new RangeError("interrupted")), 5);
  await assertRejects(() => waiting, RangeError, "interrupted");
});

Deno.test("waitUntil() doesn't look any more once the signal is aborted", async () => {
  let looks = 0;
  const signal = AbortSignal.abort(new RangeError("interrupted"));
  await assertRejects(
    () => waitUntil(() => ++looks, { timeout: 1000, signal }),
    RangeError,
  );
  assertEquals(looks, 0);
});

Deno.test("sleep() sleeps", async () => {
  const start = performance.now();
  await sleep(20);
  assert(performance.now() - start >= 19);
});

Deno.test("sleep() throws the signal's reason at once, also if it is aborted already", async () => {
  const reason = new RangeError("interrupted");
  const controller = new AbortController();
  const sleeping = sleep(5000, controller.signal);
  controller.abort(reason);
  await assertRejects(() => sleeping, RangeError);
  await assertRejects(() => sleep(200, AbortSignal.abort(reason)), RangeError);
});
