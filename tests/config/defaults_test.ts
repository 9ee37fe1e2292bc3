import { assertEquals } from "@std/assert";
import { defaultsOf } from "../../lib/config/defaults.ts";

Deno.test("defaultsOf() has the values of the keys that have a default, and no other", () => {
  assertEquals(defaultsOf("service", "/"), {
    stop: "kill -TERM",
    port: { port: "file" },
    instances: 1,
    standby: false,
    replace: "start-first",
    after: [],
    cwd: "/",
    env: {},
    inheritEnv: "yes",
    supervisor: "none",
    restart: "on-failure",
    properties: [],
    volumes: [],
    options: [],
    startTimeout: 30_000,
    healthHost: "localhost",
    healthStatus: [{ low: 200, high: 399 }],
    healthTimeout: 30_000,
    probeTimeout: 5000,
    keepalive: 32,
    drainTimeout: 30_000,
    stopTimeout: 10_000,
  });
});

Deno.test("defaultsOf() starts relative paths from the directory it is given", () => {
  assertEquals(defaultsOf("deploy", "/srv/app").stateDir, "/srv/app/.zdd");
});
