import { assert, assertEquals, assertRejects } from "@std/assert";
import type { NginxConfig } from "../../lib/config/config.ts";
import { ZddError } from "../../lib/error.ts";
import { isShared, lockNginx } from "../../lib/nginx/lock.ts";
import { TempDir } from "../system/temp_dir.ts";

/** The configuration of an nginx whose main one is `nginx.conf`. */
function nginxConfig(directory: TempDir, rendered: string): NginxConfig {
  return {
    template: directory.join("site.template"),
    rendered: directory.join(rendered),
    conf: directory.write("nginx.conf", ""),
    pidFile: directory.join("nginx.pid"),
    command: "nginx",
    reloadTimeout: 20_000,
  };
}

Deno.test("lockNginx() waits until another's turn has ended", async () => {
  using directory = new TempDir();
  const one = nginxConfig(directory, "one.conf");
  const two = nginxConfig(directory, "two.conf");
  assert(isShared(one));
  const first = await lockNginx(one);
  let ended = false;
  setTimeout(() => {
    ended = true;
    first?.[Symbol.dispose]();
  }, 50);
  using second = await lockNginx(two);
  assert(second !== undefined);
  assert(ended);
});

Deno.test("lockNginx() says who may be asked when it doesn't come", async () => {
  using directory = new TempDir();
  const one = nginxConfig(directory, "one.conf");
  using _first = await lockNginx(one);
  const error = await assertRejects(
    () => lockNginx({ ...one, reloadTimeout: 20 }),
    ZddError,
    "Another deploy has been reloading nginx for 40 ms",
  );
  assertEquals(error.exitStatus, 3);
  assertEquals(
    error.hint,
    `"fuser ${one.conf}" tells which process has locked it`,
  );
});

Deno.test("lockNginx() ends with the signal's reason", async () => {
  using directory = new TempDir();
  const one = nginxConfig(directory, "one.conf");
  using _first = await lockNginx(one);
  const reason = new Error("SIGTERM");
  const signal = AbortSignal.abort(reason);
  const error = await assertRejects(() => lockNginx(one, signal));
  assertEquals(error, reason);
});

Deno.test("lockNginx() leaves alone an nginx that isn't shared, and what can't be read", async () => {
  using directory = new TempDir();
  const own = nginxConfig(directory, "nginx.conf");
  assert(!isShared(own));
  assertEquals(await lockNginx(own), undefined);
  const gone = { ...nginxConfig(directory, "one.conf"), conf: "/nowhere/n" };
  assertEquals(await lockNginx(gone), undefined);
});
