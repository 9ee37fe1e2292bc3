import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Site } from "../support/site.ts";

Deno.test("ready is tried until it succeeds, and is told where the instance listens", async () => {
  const script = `
echo "$ZDD_ADDRESS $PORT$SOCKET $A $ZDD_SERVICE" >>asked
[ "$(grep -c . asked)" -ge 3 ]
`;
  const told = {
    env: /^(127\.0\.0\.1:(\d+) \2 b web\n){3}$/,
    socket: /^(unix:(\/\S+) \2 b web\n){3}$/,
    detect: /^(127\.0\.0\.1:(\d+) \2 b web\n){3}$/,
    file: /^(127\.0\.0\.1:(\d+) \2 b web\n){3}$/,
  };
  for (const [port, expected] of Object.entries(told)) {
    await using site = Site.live({
      port,
      lines: ["ready: sh ready.sh", "env: A=b"],
      files: { "ready.sh": script },
    });
    await site.deploy();
    assertMatch(site.read("asked"), expected);
  }
});

Deno.test("an instance that ready never finds ready doesn't go live", async () => {
  await using site = Site.live();
  await site.deploy();
  const [before] = await site.instances();
  const lines = ["ready: echo no database; false", "start_timeout: 1"];
  site.configure({ lines: [...lines, "env: A=1"] });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  assertMatch(
    stderr,
    /web didn't start: "echo no database; false" doesn't find it ready on 127\.0\.0\.1:\d+ after \d+ tries in 1 s; last: exit status 1 "no database"/,
  );
  const [after] = await site.instances();
  assertEquals(after?.pid, before?.pid);
});

Deno.test("a ready that hangs is killed when start_timeout is over", async () => {
  const lines = ["ready: sleep 1000; true", "start_timeout: 1"];
  await using site = Site.live({ lines });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  assertStringIncludes(stderr, "last: still running after 1 s");
  assertEquals(site.processes().filter((pid) => isSleep(pid)), []);
});

Deno.test("ready takes the place of the page that is asked for", async () => {
  await using site = Site.live({ mode: "unhealthy", lines: ["ready: true"] });
  await site.deploy();
});

function isSleep(pid: number): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("sleep");
  } catch {
    return false;
  }
}
