import { assert, assertEquals } from "@std/assert";
import { drain } from "../../lib/instance/drain.ts";
import type { Instance } from "../../lib/instance/instance.ts";
import {
  identify,
  isAsleep,
  type ProcessId,
} from "../../lib/system/process.ts";
import { Child } from "../system/child.ts";
import { TempDir } from "../system/temp_dir.ts";
import { until } from "../support/until.ts";

const NOTHING = { connections: 0, workers: 0 };
const NOBODY = { old: [], present: [] };

function instanceOf(process: ProcessId | undefined, path: string): Instance {
  if (process === undefined) throw new Error("it is gone");
  return {
    id: "web-x",
    service: "web",
    number: 1,
    process,
    address: `unix:${path}`,
    startedAt: new Date().toISOString(),
    log: "/dev/null",
  };
}

Deno.test("drain() returns as soon as nobody is connected", async () => {
  using directory = new TempDir();
  const path = directory.join("s");
  using listener = Deno.listen({ transport: "unix", path });
  const instance = instanceOf(identify(Deno.pid), path);
  assertEquals(await drain(instance, NOBODY, 20_000), NOTHING);
  assert(listener);
});

Deno.test("drain() waits for the last connection", async () => {
  using directory = new TempDir();
  const path = directory.join("s");
  using listener = Deno.listen({ transport: "unix", path });
  const client = await Deno.connect({ transport: "unix", path });
  const accepted = await listener.accept();
  const instance = instanceOf(identify(Deno.pid), path);
  let open = true;
  setTimeout(() => {
    open = false;
    client.close();
    accepted.close();
  }, 50);
  assertEquals(await drain(instance, NOBODY, 20_000), NOTHING);
  assert(!open);
});

Deno.test("drain() waits for nginx's workers from before, which may still connect", async () => {
  using directory = new TempDir();
  const path = directory.join("s");
  await using worker = Child.idle();
  const { process } = worker;
  const instance = instanceOf(identify(Deno.pid), path);
  const left = await drain(instance, { old: [process], present: [] }, 30);
  assertEquals(left, { connections: 0, workers: 1 });
  setTimeout(() => worker.end(), 30);
  assertEquals(
    await drain(instance, { old: [process], present: [] }, 20_000),
    NOTHING,
  );
});

Deno.test("drain() gives a worker time that hasn't slept since the switch", async () => {
  using directory = new TempDir();
  const path = directory.join("s");
  using _listener = Deno.listen({ transport: "unix", path });
  await using busy = Child.run("sh", "-c", "while :; do :; done");
  await until("it is busy", () => !isAsleep(busy.process));
  const instance = instanceOf(identify(Deno.pid), path);
  const workers = { old: [], present: [busy.process] };
  const begin = performance.now();
  assertEquals(await drain(instance, workers, 20_000), NOTHING);
  assert(performance.now() - begin >= 100);
});

Deno.test("drain() tells what is left when the time is over", async () => {
  using directory = new TempDir();
  const path = directory.join("s");
  using listener = Deno.listen({ transport: "unix", path });
  using _a = await Deno.connect({ transport: "unix", path });
  using _b = await listener.accept();
  using _c = await Deno.connect({ transport: "unix", path });
  using _d = await listener.accept();
  const instance = instanceOf(identify(Deno.pid), path);
  assertEquals(await drain(instance, NOBODY, 30), {
    connections: 2,
    workers: 0,
  });
});

Deno.test("drain() doesn't wait for an instance that is gone", async () => {
  using directory = new TempDir();
  const path = directory.join("s");
  using _listener = Deno.listen({ transport: "unix", path });
  using _client = await Deno.connect({ transport: "unix", path });
  await using worker = Child.idle();
  const child = Child.idle();
  const instance = instanceOf(child.process, path);
  await child.end();
  assertEquals(
    await drain(instance, { old: [worker.process], present: [] }, 20_000),
    NOTHING,
  );
});
