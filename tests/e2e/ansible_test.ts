import { assert, assertEquals, assertMatch } from "@std/assert";
import { AnsibleHosts, changes } from "../support/ansible_hosts.ts";

const ALL_AT_ONCE = ["--extra-vars", "zdd_serial=3"];

Deno.test("Ansible deploys to three hosts over SSH without failing a request", async (t) => {
  await using hosts = await AnsibleHosts.start(3);
  /** Files of a release that starts on every host but the second. */
  const bad = ["--extra-vars", `app=${hosts.badApp("host2")}`];

  await t.step("the first release starts nginx everywhere", async () => {
    const played = await hosts.deploy(1, ...ALL_AT_ONCE);
    assertEquals(played.code, 0, played.stdout);
    assert(changes(played).every((count) => count > 0), played.stdout);
    assertEquals(await hosts.releases(), [1, 1, 1]);
  });

  const loads = await hosts.startLoads();

  await t.step("check mode changes nothing and says what would", async () => {
    const before = hosts.files();
    const args = [...ALL_AT_ONCE, "--check", "--diff"];
    const played = await hosts.deploy(2, ...args);
    const { code, stdout } = played;
    assertEquals(code, 0, stdout);
    assert(changes(played).every((count) => count > 0), stdout);
    assertMatch(stdout, /\n-cwd: releases\/1\n\+cwd: releases\/2\n/);
    const asked = /TASK \[zdd : Ask what .*\n((?:changed: .*\n){3})/;
    assertMatch(stdout, asked);
    assertEquals(hosts.files(), before);
    assertEquals(await hosts.releases(), [1, 1, 1]);
  });

  await t.step("a release rolls from host to host", async () => {
    const played = await hosts.deploy(2);
    assertEquals(played.code, 0, played.stdout);
    assert(changes(played).every((count) => count > 0), played.stdout);
    assertEquals(await hosts.releases(), [2, 2, 2]);
  });

  await t.step("the same release once more changes nothing", async () => {
    const before = hosts.files();
    for (const mode of [[], ["--check"]]) {
      const args = [...ALL_AT_ONCE, ...mode];
      const played = await hosts.deploy(2, ...args);
      assertEquals(played.code, 0, played.stdout);
      assertEquals(changes(played), [0, 0, 0], played.stdout);
    }
    assertEquals(hosts.files(), before);
  });

  await t.step(
    "a release that fails on the second host goes no further",
    async () => {
      const before = hosts.files();
      const { code, stdout, recap } = await hosts.deploy(3, ...bad);
      assertEquals(code, 2, stdout);
      assertMatch(
        stdout,
        /zddeploy: web didn't start: "node server\.js" ended/,
      );
      assertMatch(stdout, /\| there is no database\n/);
      assertMatch(stdout, /now: web: \d+ serves on [\d.:]+, release 2$/m);
      assertEquals(recap.host2?.failed, 1);
      assertEquals(recap.host3?.ok, 0);
      assertEquals(await hosts.releases(), [3, 2, 2]);
      assertEquals(hosts.files()[2], before[2]);
      // What a boot would start is what serves.
      assertMatch(hosts.conf(2), /^cwd: releases\/2$/m);
    },
  );

  await t.step("if asked, the hosts that are done go back", async () => {
    const args = [...bad, "--extra-vars", "zdd_rollback=yes"];
    const { code, stdout, recap } = await hosts.deploy(4, ...args);
    assertEquals(code, 2, stdout);
    assertMatch(stdout, /\| there is no database\n/);
    assertEquals(recap.host1?.failed, 0);
    assertEquals(recap.host2?.failed, 1);
    assertEquals(await hosts.releases(), [3, 2, 2]);
    assertMatch(hosts.conf(1), /^cwd: releases\/3$/m);
  });

  await t.step("not a request failed", async () => {
    const served: string[][] = [];
    for (const load of loads) {
      const { ok, failed, failures: [first], answers } = await load.stop();
      assertEquals({ failed, first }, { failed: 0, first: undefined });
      assert(ok > 0);
      served.push(answers.map(({ text }) => text));
    }
    // Host 1 served release 4, too, until it was taken back.
    assertEquals(served, [["1", "2", "3", "4"], ["1", "2"], ["1", "2"]]);
  });
});
