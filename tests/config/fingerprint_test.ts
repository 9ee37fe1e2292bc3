import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { ServiceConfig } from "../../lib/config/config.ts";
import {
  fingerprintOf,
  isSameFingerprint,
} from "../../lib/config/fingerprint.ts";
import { ConfDir, NGINX } from "./conf_dir.ts";

const PLAIN = { start: "./web", pid_file: "web.pid" };

/** Another value for each key of a service, and whether it needs a new instance. */
const OTHERWISE: Record<string, [string, boolean]> = {
  start: ["./other", true],
  stop: ["kill -INT", false],
  pid_file: ["web-{instance}.pid", true],
  port: ["detect", true],
  instances: ["2", false],
  standby: ["yes", false],
  cwd: ["run", true],
  log: ["other.log", true],
  env: ["A=1", true],
  env_file: ["env", true],
  inherit_env: ["no", true],
  start_timeout: ["1", false],
  ready: ["true", false],
  health: ["/up", false],
  health_host: ["example.org", false],
  health_status: ["200", false],
  health_timeout: ["1", false],
  probe_timeout: ["1", false],
  keepalive: ["0", false],
  drain_timeout: ["1", false],
  stop_timeout: ["1", false],
  kill_after: ["1", false],
};

/** A directory in which all of that can be used. */
function site(): ConfDir {
  const directory = new ConfDir();
  directory.write("run/x");
  directory.write("env", "B=1");
  return directory;
}

/** A service with the values of these keys. */
function service(
  directory: ConfDir,
  keys: Record<string, string>,
): ServiceConfig {
  const lines = Object.entries(keys).map(([key, text]) => `${key}: ${text}\n`);
  directory.write("deploy.conf", `${NGINX}[service:web]\n${lines.join("")}`);
  const [service] = directory.config().services;
  if (service === undefined) throw new TypeError("no service");
  return service;
}

Deno.test("fingerprintOf() differs for every key that goes into an instance, and for no other", async () => {
  using directory = site();
  // Several instances have another log each.
  const plain = { ...PLAIN, pid_file: "{instance}.pid", log: "web.log" };
  const before = await fingerprintOf(service(directory, plain));
  for (const [key, [text, restart]] of Object.entries(OTHERWISE)) {
    const changed = service(directory, { ...plain, [key]: text });
    assertEquals(await fingerprintOf(changed) !== before, restart, key);
  }
});

Deno.test("fingerprintOf() counts a property that nobody has thought of", async () => {
  using directory = site();
  const plain = service(directory, PLAIN);
  const later = { ...plain, nice: 5 };
  assertNotEquals(await fingerprintOf(later), await fingerprintOf(plain));
});

Deno.test("fingerprintOf() is the same whether a default is written down or not", async () => {
  using directory = site();
  const written = service(directory, { ...PLAIN, port: "file", env: "" });
  const plain = service(directory, PLAIN);
  assertEquals(await fingerprintOf(written), await fingerprintOf(plain));
  assertEquals(
    await fingerprintOf({ ...plain, portNumber: undefined }),
    await fingerprintOf(plain),
  );
});

Deno.test("fingerprintOf() is the same whatever the order of the variables", async () => {
  using directory = site();
  const plain = service(directory, PLAIN);
  assertEquals(
    await fingerprintOf({ ...plain, env: { A: "1", B: "2" } }),
    await fingerprintOf({ ...plain, env: { B: "2", A: "1" } }),
  );
  assertNotEquals(
    await fingerprintOf({ ...plain, env: { A: "1", B: "2" } }),
    await fingerprintOf({ ...plain, env: { A: "2", B: "1" } }),
  );
});

Deno.test("fingerprintOf() tells nothing of the variables", async () => {
  using directory = site();
  const secret = service(directory, { ...PLAIN, env: "PASSWORD=hunter2" });
  assertMatch(await fingerprintOf(secret), /^zdd1:[0-9a-f]{64}$/);
});

Deno.test("isSameFingerprint() takes none and one of an older zdd for the same", async () => {
  using directory = site();
  const plain = await fingerprintOf(service(directory, PLAIN));
  const other = await fingerprintOf(
    service(directory, { ...PLAIN, cwd: "run" }),
  );
  assertEquals(isSameFingerprint(undefined, plain), true);
  assertEquals(isSameFingerprint("0123456789abcdef".repeat(4), plain), true);
  assertEquals(isSameFingerprint(plain, plain), true);
  assertEquals(isSameFingerprint(other, plain), false);
});
