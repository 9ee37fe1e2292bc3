import { assert, assertEquals, assertRejects } from "@std/assert";
import { capture, type CaptureOptions } from "../../lib/system/capture.ts";
import { until } from "../support/until.ts";
import { ZddError } from "../../lib/error.ts";

function run(command: string, options: Partial<CaptureOptions> = {}) {
  return capture(command, {
    cwd: "/",
    env: {},
    inherit: "no",
    timeout: 20_000,
    ...options,
  });
}

Deno.test("capture() returns what a command prints, and its exit status", async () => {
  assertEquals(
    await run('echo "$A"; pwd; echo no >&2; exit 3', {
      env: { A: "b" },
      cwd: "/usr",
    }),
    { status: 3, output: "b\n/usr\nno\n" },
  );
  assertEquals((await run("kill -KILL $$")).status, 137);
});

Deno.test("capture() keeps the beginning of much that is printed", async () => {
  const { status, output } = await run("yes | head -c 5000000");
  assertEquals(status, 0);
  assert(output.length < 200_000, String(output.length));
});

Deno.test("capture() doesn't wait for what a command leaves behind", async () => {
  const { output } = await run("sleep 30 & echo $!");
  Deno.kill(Number(output), "SIGKILL");
});

Deno.test("capture() kills a command that takes too long, and all that it runs", async () => {
  const pids = Deno.makeTempFileSync();
  await assertRejects(
    () => run(`sleep 100 & echo $$ $! >${pids}; wait`, { timeout: 300 }),
    Deno.errors.TimedOut,
    "still running after 0.3 s",
  );
  const [shell = "", sleep = ""] = Deno.readTextFileSync(pids).split(/\s/);
  Deno.removeSync(pids);
  await until("they are gone", () => state(shell) + state(sleep) === "");
});

Deno.test("capture() ends with the signal's reason", async () => {
  const signal = AbortSignal.abort(new RangeError("enough"));
  await assertRejects(() => run("sleep 100", { signal }), RangeError);
  const later = new AbortController();
  setTimeout(() => later.abort(new RangeError("enough")), 50);
  await assertRejects(
    () => run("sleep 100", { signal: later.signal }),
    RangeError,
  );
});

Deno.test("capture() says what can't be run", async () => {
  await assertRejects(() => run("true", { cwd: "/nowhere" }), ZddError);
});

/** The state of a process; empty if it is gone or only waited for. */
function state(pid: string): string {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const found = stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "";
    return found === "Z" ? "" : found;
  } catch {
    return "";
  }
}
