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
    `"fuser ${one.pidFile}.lock" shows which process has locked it`,
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

Deno.test("lockNginx() leaves alone an nginx that isn't shared", async () => {
  using directory = new TempDir();
  const own = nginxConfig(directory, "nginx.conf");
  assert(!isShared(own));
  assertEquals(await lockNginx(own), undefined);
  assertEquals(directory.names(), ["nginx.conf"]);
});

Deno.test("lockNginx() doesn't mind a main configuration that can't be read, or is a FIFO", async () => {
  using directory = new TempDir();
  const one = nginxConfig(directory, "one.conf");
  new Deno.Command("mkfifo", { args: [directory.join("fifo")] }).outputSync();
  for (const conf of ["/nowhere/n", directory.join("fifo")]) {
    using turn = await lockNginx({ ...one, conf });
    assert(turn !== undefined);
  }
});

Deno.test("lockNginx() waits for an earlier zdd too, which locked the main configuration", async () => {
  using directory = new TempDir();
  const one = nginxConfig(directory, "one.conf");
  const error = await whileLocked(
    one.conf,
    [],
    () =>
      assertRejects(() => lockNginx({ ...one, reloadTimeout: 20 }), ZddError),
  );
  assertEquals(error.hint?.includes(one.conf), true);
  using turn = await lockNginx(one);
  assert(turn !== undefined);
});

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

rootTest(
  "lockNginx() isn't stopped by a user who may only read the main configuration",
  async () => {
    using directory = new TempDir();
    Deno.chmodSync(directory.path, 0o755);
    const one = nginxConfig(directory, "one.conf");
    await whileLocked(one.conf, NOBODY, async () => {
      using turn = await lockNginx({ ...one, reloadTimeout: 20 });
      assert(turn !== undefined);
    });
    const lock = `${one.pidFile}.lock`;
    assertEquals((Deno.statSync(lock).mode ?? 0) & 0o777, 0o600);
    await assertRejects(() =>
      whileLocked(lock, NOBODY, () => Promise.resolve())
    );
  },
);

rootTest(
  "lockNginx() refuses a lock that another user has put there",
  async () => {
    using directory = new TempDir();
    const one = nginxConfig(directory, "one.conf");
    Deno.chownSync(directory.write("nginx.pid.lock"), 65534, 65534);
    await assertRejects(
      () => lockNginx(one),
      ZddError,
      "belongs to user 65534",
    );
  },
);

function rootTest(name: string, fn: () => Promise<void>): void {
  const isRoot = Deno.uid() === 0;
  const reason = isRoot ? "" : " (skipped: needs root)";
  Deno.test({ name: name + reason, ignore: !isRoot, fn });
}

/** Does something while another process has locked a file. @throws if that can't. */
async function whileLocked<T>(
  file: string,
  as: string[],
  act: () => Promise<T>,
): Promise<T> {
  const words = [...as, "flock", "-n", file, "-c", "echo locked; exec cat"];
  const [program = "", ...args] = words;
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  try {
    if ((await reader.read()).done) throw new Error(`${file} can't be locked`);
    return await act();
  } finally {
    await child.stdin.close().catch(() => {});
    await reader.cancel();
    await child.status;
  }
}
