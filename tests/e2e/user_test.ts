import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { SERVER } from "../support/project.ts";

const NOBODY = "65534";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: Deno.uid() !== 0, fn });
}

/** A site whose server nobody may read, wherever the tests are. */
function siteOfNobody(lines: string[] = [], port = "env"): Site {
  return Site.live({
    start: "node server.mjs",
    port,
    lines: ["user: nobody", ...lines],
    files: { "server.mjs": Deno.readTextFileSync(SERVER) },
  });
}

function statusOf(pid: number): string {
  return Deno.readTextFileSync(`/proc/${pid}/status`);
}

for (const port of ["env", "socket"]) {
  test(`user runs start and stop with port: ${port}, and the pid is the server's own`, async () => {
    await using site = siteOfNobody([
      "env: A=1",
      "stop: sh -c 'id -u >stopped.by; kill -TERM \"$0\"'",
    ], port);
    site.write("stopped.by", "");
    Deno.chmodSync(site.path("stopped.by"), 0o666);
    await site.deploy();
    const pid = Number(/^\S+ (\d+) /.exec((await site.get()).text)?.[1]);
    assertMatch(statusOf(pid), /^Uid:\t65534\t65534\t65534\t65534$/m);
    assertMatch(statusOf(pid), /^Groups:\t65534 $/m);
    assertMatch(statusOf(pid), /^Name:\tnode$/m);
    const variables = Deno.readTextFileSync(`/proc/${pid}/environ`).split("\0");
    for (const text of ["USER=nobody", "LOGNAME=nobody", "A=1"]) {
      assert(variables.includes(text), text);
    }
    // Its log was opened before, where it could not.
    assertMatch(site.read(".zdd/log/web.log"), /begins at/);
    assertEquals(Deno.statSync(site.path(".zdd/log/web.log")).uid, 0);
    const { stdout } = await site.deploy("--json");
    assertEquals(JSON.parse(stdout).services[0].previous[0].pid, pid);
    assertEquals(site.read("stopped.by"), `${NOBODY}\n`);
  });
}

test("hooks are run by the user who runs zddeploy", async () => {
  await using site = siteOfNobody(
    ["[deploy]", "before_start: id -u >hook.by"],
  );
  await site.deploy();
  assertEquals(site.read("hook.by"), "0\n");
});

test("a user who isn't there is a mistake", async () => {
  await using site = Site.live({ lines: ["user: noone-at-all"] });
  const { code, stderr } = await site.zdd("check");
  assertEquals(code, 2);
  assertMatch(stderr, /expected a user of this host, got "noone-at-all"/);
});

test("what only systemd can do is a mistake without it", async () => {
  await using site = Site.live({
    lines: ["memory_max: 100M", "properties: CPUQuota=50%%"],
  });
  const { code, stderr } = await site.zdd("check");
  assertEquals(code, 2);
  assertMatch(
    stderr,
    /"memory_max" .* supervisor: systemd beside it, got "100M"/,
  );
  assertMatch(stderr, /"properties" .* supervisor: systemd beside it/);
});

Deno.test({
  name: "supervisor: systemd is refused where there is none",
  ignore: exists("/run/systemd/system"),
  fn: async () => {
    await using site = Site.live({ lines: ["supervisor: systemd"] });
    const { code, stderr } = await site.zdd("deploy");
    assertEquals(code, 2, stderr);
    assertMatch(stderr, /systemd isn't running on this machine/);
    const checked = await site.zdd("check");
    assertMatch(
      checked.stderr,
      /^warning: .*systemd isn't running on this machine/m,
    );
  },
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
