import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ServiceConfig } from "../../../lib/config/config.ts";
import { ZddError } from "../../../lib/error.ts";
import { TempDir } from "../../system/temp_dir.ts";
import { serverIn, Started } from "../started.ts";
import { freePort } from "../../support/free_port.ts";

/** A service whose server listens on these ports. */
function listeningOn(
  directory: TempDir,
  ports: number[],
  overrides: Partial<ServiceConfig> = {},
): ServiceConfig {
  return serverIn(directory, {
    start: `/usr/bin/python3 server.py ${ports.join(" ")}`,
    port: "detect",
    ...overrides,
  });
}

Deno.test("port: detect finds the one port that a server listens on", async () => {
  using directory = new TempDir();
  const port = freePort();
  using started = await Started.start(listeningOn(directory, [port]), 1);
  assertEquals(started.instance.address, `127.0.0.1:${port}`);
  assertEquals(started.instance.process.pid, started.leader);
});

Deno.test("port: detect PORT takes that one of several, whichever comes first", async () => {
  const [first, second] = [freePort(), freePort()];
  for (const portNumber of [first, second]) {
    using directory = new TempDir();
    const service = listeningOn(directory, [first, second], { portNumber });
    using started = await Started.start(service, 1);
    assertEquals(started.instance.address, `127.0.0.1:${portNumber}`);
  }
});

Deno.test("port: detect asks which one of several ports is meant", async () => {
  using directory = new TempDir();
  const ports = [freePort(), freePort()].sort((a, b) => a - b);
  const { message } = await assertRejects(
    () => Started.start(listeningOn(directory, ports), 1),
    ZddError,
  );
  assert(message.includes("it listens on several ports: "), message);
  for (const port of ports) assert(message.includes(String(port)), message);
  assert(/with "port: detect \d+"$/.test(message), message);
});

Deno.test("port: detect says what it misses when the time is over", async () => {
  using directory = new TempDir();
  const nothing = listeningOn(directory, [], {
    start: "sleep 60",
    startTimeout: 100,
  });
  const none = await assertRejects(() => Started.start(nothing, 1), ZddError);
  assert(
    none.message.includes("none of its processes listens on a port"),
    none.message,
  );
  const portNumber = freePort();
  const other = await assertRejects(
    () => Started.start({ ...nothing, portNumber }, 1),
    ZddError,
  );
  assert(
    other.message.includes(
      `none of its processes listens on port ${portNumber}`,
    ),
    other.message,
  );
});

Deno.test("port: detect takes the process that the pid file names", async () => {
  using directory = new TempDir();
  const pidFile = directory.join("child.pid");
  const service = listeningOn(directory, [freePort()], {
    pidFile,
    env: { PID_FILE: pidFile },
  });
  using started = await Started.start(service, 1);
  const { pid } = started.instance.process;
  assertEquals(String(pid), directory.read("child.pid"));
  assert(pid !== started.leader);
});
