import { assert, assertEquals, assertMatch } from "@std/assert";
import { pidAt } from "../support/live_site.ts";
import {
  assertUntouched,
  deployedWebSite,
  look,
  webConf,
  type WebOptions,
} from "./web_site.ts";

/** A hook's script that ends the new instance. */
const KILL = "kill -KILL $ZDD_PID_WEB; sleep 0.2";

/** An nginx that does the same before it tests a configuration. */
const NGINX = `\
#!/bin/sh
case "$1" in -t) kill -KILL "$(cat web.pid)"; sleep 0.2 ;; esac
exec nginx "$@"
`;

/** When new instances end that have served. */
const BEFORE_COMMIT: { when: string; options: WebOptions; status: number }[] = [
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
    await using site = await deployedWebSite();
    const { instance, pidFile, processes } = await look(site);
    site.write("nginx.sh", NGINX);
    Deno.chmodSync(site.path("nginx.sh"), 0o755);
    site.write("deploy.conf", webConf(options));
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1, stderr);
    const says =
      `didn't stay up: process \\d+ ended with exit status ${status}`;
    assertMatch(stderr, new RegExp(`zddeploy: web ${says}`));
    assertMatch(stderr, new RegExp(`now: web: ${instance} serves`));
    assertEquals(await pidAt(site), instance);
    assertEquals(site.read("web.pid"), pidFile);
    assertEquals(site.processes().length, processes.length);
    site.write("deploy.conf", webConf());
    await site.deploy();
  });
}

Deno.test("an instance that ends before nginx is touched leaves nginx alone", async () => {
  await using site = await deployedWebSite();
  const before = await look(site);
  site.write(
    "deploy.conf",
    webConf({ deploy: [`before_switch: ${KILL}`] }),
  );
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  await assertUntouched(site, before);
});

for (const standby of ["no", "yes"]) {
  Deno.test(`where the old instance still runs (standby: ${standby}), it serves again after one that ends after the commit`, async () => {
    const service = [`standby: ${standby}`];
    await using site = await deployedWebSite({ service });
    const old = await pidAt(site);
    const deploy = [`after_switch: ${KILL}`];
    site.write("deploy.conf", webConf({ service, deploy }));
    const { code, stderr, stdout } = await site.zdd("--json");
    assertEquals(code, 1, stderr);
    assertMatch(
      stderr,
      /web didn't stay up: process \d+ ended with .*, after it was put live: the release before serves again/,
    );
    assertMatch(stderr, new RegExp(`now: web: ${old} serves`));
    assertEquals(JSON.parse(stdout).exitStatus, 1);
    assertEquals(await pidAt(site), old);
    assertMatch((await site.zdd("history")).stdout, /failed .*serves again/);
    const { code: ok, stdout: status } = await site.zdd("status");
    assertEquals(ok, 0, status);
    site.write("deploy.conf", webConf({ service }));
    await site.deploy();
    assert(await pidAt(site) !== old);
  });
}

Deno.test("an instance that ends when the old one is gone is told, and no deploy is called done", async () => {
  await using site = await deployedWebSite();
  site.write(
    "deploy.conf",
    webConf({ deploy: [`after_deploy: ${KILL}`] }),
  );
  const { code, stderr, stdout } = await site.zdd("--json");
  assertEquals(code, 4, stderr);
  assertMatch(
    stderr,
    /web didn't stay up: process \d+ ended with .*, after it was put live/,
  );
  assertMatch(stderr, /now: web: nothing serves/);
  assertMatch(stderr, /hint: mend that, then run zddeploy again/);
  assertEquals(JSON.parse(stdout).exitStatus, 4);
  assertMatch((await site.zdd("history")).stdout, /failed .*didn't stay up/);
  site.write("deploy.conf", webConf());
  await site.deploy();
  await pidAt(site);
});
