import { assertEquals, assertNotEquals } from "@std/assert";
import { planInstance } from "../../lib/instance/plan.ts";
import { TempDir } from "../system/temp_dir.ts";
import { serviceIn } from "./service_config.ts";

Deno.test("planInstance() fills in the number of the instance", () => {
  using directory = new TempDir();
  const plan = planInstance(
    serviceIn(directory, {
      start: "./web -n {instance} -p {instance}",
      pidFile: "/run/web-{instance}.pid",
      log: "/log/{instance}.log",
      env: { NAME: "web{instance}" },
    }),
    2,
  );
  assertEquals(plan.number, 2);
  assertEquals(plan.start, "./web -n 2 -p 2");
  assertEquals(plan.pidFile, "/run/web-2.pid");
  assertEquals(plan.log, "/log/2.log");
  assertEquals([plan.env.NAME, plan.env.ZDD_SERVICE], ["web2", "web"]);
  assertEquals([plan.address, plan.slot], [undefined, undefined]);
});

Deno.test("planInstance() hands out a port", () => {
  using directory = new TempDir();
  const service = serviceIn(directory, {
    start: "./web --port={port} {socket} ${port}",
    env: { URL: "http://localhost:{port}/" },
    pidFile: undefined,
    port: "env",
  });
  const given = { slot: "b", address: "127.0.0.1:20001" } as const;
  const plan = planInstance(service, 1, given);
  assertEquals(plan.start, "./web --port=20001 {socket} ${port}");
  assertEquals(plan.address, { host: "127.0.0.1", port: 20001 });
  assertEquals(plan.slot, "b");
  assertEquals(plan.env.URL, "http://localhost:20001/");
  assertEquals([plan.env.PORT, plan.env.SOCKET], ["20001", undefined]);
});

Deno.test("planInstance() hands out a socket", () => {
  using directory = new TempDir();
  const service = serviceIn(directory, {
    start: "./web -s {socket}",
    port: "socket",
  });
  const given = { slot: "a", address: "unix:/run/x.sock" } as const;
  const plan = planInstance(service, 1, given);
  assertEquals(plan.start, "./web -s /run/x.sock");
  assertEquals(plan.env.SOCKET, "/run/x.sock");
  assertEquals(plan.env.PORT, undefined);
});

Deno.test("planInstance() leaves other braces alone", () => {
  using directory = new TempDir();
  const start = "awk '{print}' {port} ${instance} {} { instance }";
  const { id, start: filled } = planInstance(
    serviceIn(directory, { start }),
    1,
  );
  assertEquals(filled, start);
  assertNotEquals(planInstance(serviceIn(directory), 1).id, id);
});
