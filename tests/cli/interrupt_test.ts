import { assert, assertEquals, assertRejects } from "@std/assert";
import { interruptible } from "../../lib/cli/interrupt.ts";
import { ZddError } from "../../lib/error.ts";
import { sleep } from "../../lib/system/wait.ts";

// SIGINT is left out: the test runner itself ends by it.
for (const name of ["SIGTERM", "SIGHUP"] as const) {
  Deno.test(`interruptible() aborts what it runs at ${name}, and says so`, async () => {
    const error = await assertRejects(
      () =>
        interruptible(async (signal) => {
          Deno.kill(Deno.pid, name);
          await sleep(20_000, signal);
        }),
      ZddError,
    );
    assertEquals(error.message, `Interrupted by ${name}`);
    assertEquals(error.exitStatus, 1);
  });
}

Deno.test("interruptible() lets the body finish what must not be interrupted", async () => {
  const done = await interruptible(async (signal) => {
    Deno.kill(Deno.pid, "SIGTERM");
    while (!signal.aborted) await sleep(1);
    return "undone";
  });
  assertEquals(done, "undone");
});

Deno.test("interruptible() returns and throws as its body does", async () => {
  assertEquals(
    await interruptible(({ aborted }) => Promise.resolve(aborted)),
    false,
  );
  await assertRejects(
    () => interruptible(() => Promise.reject(new RangeError("x"))),
    RangeError,
  );
  assert(true);
});
