import { assert, assertEquals } from "@std/assert";
import { findMarked } from "../../lib/instance/marked.ts";
import { TempDir } from "../system/temp_dir.ts";
import { serviceIn } from "./service_config.ts";
import { serverIn, Started } from "./started.ts";
import { freePort } from "../support/free_port.ts";

Deno.test("findMarked() finds the instances that zdd told where to listen, the newest first", async () => {
  using directory = new TempDir();
  const service = serverIn(directory, { port: "env", instances: 2 });
  const given = () => ({
    slot: "b" as const,
    address: `127.0.0.1:${freePort()}`,
  });
  using first = await Started.start(service, 1, given());
  using second = await Started.start(service, 2, given());
  const found = findMarked(service);
  assertEquals(
    found.map(({ id, number, slot, address, process }) => [
      ...[id, number, slot, address, process.pid],
    ]),
    [second, first].map(({ instance }) => [
      ...[instance.id, instance.number, "b", instance.address],
      instance.process.pid,
    ]),
  );
  for (const { service: name, startedAt, log } of found) {
    assertEquals([name, log], ["web", service.log]);
    assert(Math.abs(Date.now() - Date.parse(startedAt)) < 600_000, startedAt);
  }
});

Deno.test("findMarked() finds an instance on a socket, and one that chose its port", async () => {
  using directory = new TempDir();
  const onSocket = serverIn(directory, { name: "one", port: "socket" });
  const address = `unix:${directory.join("s")}`;
  using first = await Started.start(onSocket, 1, { slot: "a", address });
  assertEquals(
    findMarked(onSocket).map(({ id, address, slot }) => [id, address, slot]),
    [[first.instance.id, address, "a"]],
  );
  const detected = serverIn(directory, { name: "two", port: "detect" });
  using second = await Started.start(detected, 1);
  assertEquals(
    findMarked(detected).map(({ id, address, slot }) => [id, address, slot]),
    [[second.instance.id, second.instance.address, undefined]],
  );
});

Deno.test("findMarked() takes none of another service or of another state", async () => {
  using directory = new TempDir();
  const service = serverIn(directory, { port: "detect" });
  using _started = await Started.start(service, 1);
  assertEquals(findMarked(service).length, 1);
  assertEquals(findMarked({ ...service, name: "api" }), []);
  assertEquals(findMarked({ ...service, stateDir: "/elsewhere" }), []);
});

Deno.test("findMarked() takes none that doesn't listen", async () => {
  using directory = new TempDir();
  const service = serviceIn(directory, {
    start: "echo 45643 >$$.port; echo $$ >web.pid; exec sleep 60",
  });
  using started = await Started.start(service, 1);
  assertEquals(started.instance.address, "127.0.0.1:45643");
  assertEquals(findMarked(service), []);
});
