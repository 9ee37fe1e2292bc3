import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StateDir } from "../../lib/state/state_dir.ts";
import { ZddError } from "../../lib/error.ts";
import { startDetached } from "../../lib/system/shell.ts";
import { endSession } from "../system/child.ts";
import { TempDir } from "../system/temp_dir.ts";

/** Another zdd, which holds the lock until it is killed. */
class Holder implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  private constructor(directory: string) {
    const module = new URL("../../lib/state/state_dir.ts", import.meta.url);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const script = `import { StateDir } from ${JSON.stringify(module.href)};
      const lock = await new StateDir(${JSON.stringify(directory)}).acquire();
      console.log("locked");
      setInterval(() => lock, 1000);`;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--no-lock", "--config", config, "-"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = this.#child.stdin.getWriter();
    writer.write(new TextEncoder().encode(script)).then(() => writer.close());
  }

  static async start(directory: string): Promise<Holder> {
    const holder = new Holder(directory);
    const reader = holder.#child.stdout.getReader();
    const { value } = await reader.read();
    assertEquals(new TextDecoder().decode(value).trim(), "locked");
    await reader.cancel();
    return holder;
  }

  get pid(): number {
    return this.#child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* killed already */ }
    await this.#child.status;
  }
}

Deno.test("acquire() is exclusive, and names who has the lock", async () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  const before = Date.now();
  await using holder = await Holder.start(directory.path);
  const error = await assertRejects(() => place.acquire(), ZddError);
  const [, pid, since = ""] =
    /^Another deploy is running: process (\d+), since (\S+)$/
      .exec(error.message) ?? [];
  assertEquals(Number(pid), holder.pid);
  assert(Date.parse(since) >= before - 1000, since);
  assertEquals(error.exitStatus, 3);
});

Deno.test("acquire() gets the lock of a process that was killed", async () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  const holder = await Holder.start(directory.path);
  await assertRejects(() => place.acquire(), ZddError);
  await holder[Symbol.asyncDispose]();
  using _lock = await place.acquire();
});

Deno.test("acquire() is exclusive within one process, until it is disposed of", async () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  {
    using _lock = await place.acquire();
    await assertRejects(() => place.acquire(), ZddError, `process ${Deno.pid}`);
  }
  (await place.acquire())[Symbol.dispose]();
  assertEquals(directory.names(), ["lock"], "it is never removed");
});

Deno.test("acquire() waits for the lock as long as it may", async () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  const first = await place.acquire();
  await assertRejects(() => place.acquire(30), ZddError, "Another deploy");
  let free = false;
  setTimeout(() => {
    free = true;
    first[Symbol.dispose]();
  }, 30);
  using _lock = await place.acquire(20_000);
  assert(free);
});

Deno.test("acquire() waits no longer when the signal is aborted", async () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  using _lock = await place.acquire();
  const controller = new AbortController();
  setTimeout(() => controller.abort(new RangeError("interrupted")), 30);
  await assertRejects(
    () => place.acquire(20_000, controller.signal),
    RangeError,
  );
});

Deno.test("acquire() leaves no lock with what zdd has started", async () => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  const lock = await place.acquire();
  const { pid } = startDetached("sleep 60", {
    cwd: directory.path,
    log: directory.join("log"),
  });
  lock[Symbol.dispose]();
  try {
    (await place.acquire())[Symbol.dispose]();
  } finally {
    endSession(pid);
  }
});

Deno.test("acquire() overwrites what an earlier, longer holder has left", async () => {
  using directory = new TempDir();
  directory.write("lock", "4194304 2026-11-23T17:45:12.000Z and more\n");
  using _lock = await new StateDir(directory.path).acquire();
  assert(
    /^\d+ \d{4}-[\dT:.-]+Z\n$/.test(directory.read("lock")),
    directory.read("lock"),
  );
});

Deno.test("acquire() says that it can't open the lock", async () => {
  using directory = new TempDir();
  const place = new StateDir(directory.join("none"));
  await assertRejects(
    () => place.acquire(),
    ZddError,
    `Cannot open "${place.lock}"`,
  );
});

Deno.test("create() makes the directories of what zdd itself writes", () => {
  using directory = new TempDir();
  const place = new StateDir(directory.join(".zdd"));
  place.create();
  place.create(); // they may be there already
  assert(Deno.statSync(directory.join(".zdd/log")).isDirectory);
  assert(Deno.statSync(directory.join(".zdd/run")).isDirectory);
  assertEquals((Deno.statSync(place.path).mode ?? 0) & 0o022, 0);
});

Deno.test("create() says which directory it can't make, and what to do", () => {
  using directory = new TempDir();
  directory.write("n.pid");
  const place = new StateDir(directory.join("n.pid/x"));
  const error = assertThrows(
    () => place.create(),
    ZddError,
    `Cannot create "${place.path}`,
  );
  assert(error.hint?.includes("state_dir"));
});
