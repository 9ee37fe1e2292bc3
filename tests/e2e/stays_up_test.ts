import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ProjectOptions } from "../support/project.ts";
import { Site } from "../support/site.ts";
import { assertUntouched, look } from "../support/untouched.ts";

/** A hook's script that ends the new instance. */
const KILL = "kill -KILL $ZDD_PID_WEB; sleep 0.2";

/** An nginx that does the same before it tests a configuration. */
const NGINX = `\
#!/bin/sh
case "$1" in -t) kill -KILL "$(cat web.pid)"; sleep 0.2 ;; esac
exec nginx "$@"
`;

/** When new instances end that have served. */
const BEFORE_COMMIT: {
  when: string;
  options: ProjectOptions;
  status: number;
}[] = [
  {
    when: "while before_switch runs",
    options: { deploy: [`before_switch: ${KILL}`] },
    status: 137,
  },
  {
    when: "while nginx tests its configuration",
    options: { nginx: ["command: ./nginx.sh"] },
    status: 137,
  },
  {
    when: "at the first request that verify sends",
    options: { deploy: ["verify: http://127.0.0.1:%PORT%/exit"] },
    status: 4,
  },
];

for (const { when, options, status } of BEFORE_COMMIT) {
  Deno.test(`an instance that ends ${when} fails the deploy, and the old one serves on`, async () => {
    await using site = await Site.classic().deployed();
    const { instance, pidFile, processes } = await look(site);
    site.write("nginx.sh", NGINX);
    Deno.chmodSync(site.path("nginx.sh"), 0o755);
    site.configure(options);
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1, stderr);
    const says =
      `didn't stay up: process \\d+ ended with exit status ${status}`;
    assertMatch(stderr, new RegExp(`zddeploy: web ${says}`));
    assertMatch(stderr, new RegExp(`now: web: ${instance} serves`));
    assertEquals(await site.pidAt(), instance);
    assertEquals(site.read("web.pid"), pidFile);
    assertEquals(site.processes().length, processes.length);
    site.configure();
    await site.deploy();
  });
}

Deno.test("an instance that ends before nginx is touched leaves nginx alone", async () => {
  await using site = await Site.classic().deployed();
  const before = await look(site);
  site.configure({ deploy: [`before_switch: ${KILL}`] });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  await assertUntouched(site, before);
});

for (const standby of ["no", "yes"]) {
  Deno.test(`where the old instance still runs (standby: ${standby}), it serves again after one that ends after the commit`, async () => {
    const lines = [`standby: ${standby}`];
    await using site = await Site.classic({ lines }).deployed();
    const old = await site.pidAt();
    const deploy = [`after_switch: ${KILL}`];
    site.configure({ lines, deploy });
    const { code, stderr, stdout } = await site.zdd("--json");
    assertEquals(code, 1, stderr);
    assertMatch(
      stderr,
      /web didn't stay up: process \d+ ended with .*, after it had gone live: the previous release serves again/,
    );
    assertMatch(stderr, new RegExp(`now: web: ${old} serves`));
    assertEquals(JSON.parse(stdout).exitStatus, 1);
    assertEquals(await site.pidAt(), old);
    assertMatch((await site.zdd("history")).stdout, /failed .*serves again/);
    const { code: ok, stdout: status } = await site.zdd("status");
    assertEquals(ok, 0, status);
    site.configure({ lines });
    await site.deploy();
    assert(await site.pidAt() !== old);
  });
}

Deno.test("an instance that ends when the old one is gone is told, and no deploy is called done", async () => {
  await using site = await Site.classic().deployed();
  site.configure({ deploy: [`after_deploy: ${KILL}`] });
  const { code, stderr, stdout } = await site.zdd("--json");
  assertEquals(code, 4, stderr);
  assertMatch(
    stderr,
    /web didn't stay up: process \d+ ended with .*, after it had gone live/,
  );
  assertMatch(stderr, /now: web: nothing serves/);
  assertMatch(stderr, /hint: fix that, then run zddeploy again/);
  assertEquals(JSON.parse(stdout).exitStatus, 4);
  assertMatch((await site.zdd("history")).stdout, /failed .*didn't stay up/);
  site.configure();
  await site.deploy();
  await site.pidAt();
});
