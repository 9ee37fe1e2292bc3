import { assert, assertEquals, assertRejects } from "@std/assert";
import { ZddError } from "../../../lib/error.ts";
import { TempDir } from "../../system/temp_dir.ts";
import { serverIn, Started } from "../started.ts";
import { freePort } from "../../support/free_port.ts";

Deno.test("port: env takes the process that listens where zdd said", async () => {
  using directory = new TempDir();
  const address = `127.0.0.1:${freePort()}`;
  const service = serverIn(directory, { port: "env" });
  using started = await Started.start(service, 1, { slot: "a", address });
  const { instance } = started;
  assertEquals([instance.address, instance.slot], [address, "a"]);
  assertEquals(instance.process.pid, started.leader);
});

Deno.test("port: env takes the process that the pid file names", async () => {
  using directory = new TempDir();
  const pidFile = directory.join("child.pid");
  const service = serverIn(directory, {
    port: "env",
    pidFile,
    env: { PID_FILE: pidFile },
  });
  const address = `127.0.0.1:${freePort()}`;
  using started = await Started.start(service, 1, { slot: "a", address });
  const { pid } = started.instance.process;
  assertEquals(String(pid), directory.read("child.pid"));
  assert(pid !== started.leader);
});

Deno.test("port: env refuses an address that another program has, and says what it misses", async () => {
  using directory = new TempDir();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const service = serverIn(directory, {
    port: "env",
    start: "sleep 60",
    startTimeout: 100,
  });
  const taken = `127.0.0.1:${listener.addr.port}`;
  const other = await assertRejects(
    () => Started.start(service, 1, { slot: "a", address: taken }),
    ZddError,
  );
  assert(other.message.includes(`another program listens on ${taken}`));
  const free = `127.0.0.1:${freePort()}`;
  const none = await assertRejects(
    () => Started.start(service, 1, { slot: "a", address: free }),
    ZddError,
  );
  assert(none.message.includes(`nothing listens on ${free}`), none.message);
});
