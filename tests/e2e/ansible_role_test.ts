import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { AnsibleHosts, changes } from "../support/ansible_hosts.ts";

/** Arguments that set variables. */
function set(...variables: string[]): string[] {
  return variables.flatMap((variable) => ["--extra-vars", variable]);
}

const FIRST = ["--limit", "host1"];
const BOTH = set("zdd_serial=2");

Deno.test("the role for Ansible, on two hosts over SSH", async (t) => {
  await using hosts = await AnsibleHosts.start(2);

  await t.step(
    "an executable of another checksum isn't installed",
    async () => {
      const wrong = set(`zdd_checksum=sha256:${"0".repeat(64)}`);
      const { code, stdout } = await hosts.deploy(1, ...FIRST, ...wrong);
      assertEquals(code, 2, stdout);
      assertMatch(stdout, /should be sha256:0+,\s+but is sha256:[0-9a-f]{64}/);
      assert(!/bin\/zddeploy /.test(hosts.files()[0] ?? ""));
    },
  );

  await t.step(
    "each host fetches the executable if a URL is given",
    async () => {
      const executable = Deno.readFileSync(hosts.executable);
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        () => new Response(executable),
      );
      const { code, stdout } = await hosts.play(
        "zddeploy.yml",
        ...BOTH,
        ...set(
          "zdd_release=1",
          `zdd_url=http://127.0.0.1:${server.addr.port}/zddeploy`,
          `zdd_checksum=sha256:${await sha256(executable)}`,
        ),
      );
      assertEquals(code, 0, stdout);
      assertEquals(await hosts.releases(), [1, 1]);
    },
  );

  await t.step("a release's name can't say more than a name", async () => {
    const before = hosts.files();
    for (const name of ["41\nstop: touch /x", "../../home-x", "41\n", "-x"]) {
      const { code, stdout } = await hosts.play(
        "zddeploy.yml",
        ...FIRST,
        ...set(JSON.stringify({ zdd_release: name })),
      );
      assertEquals(code, 2, stdout);
      assertMatch(stdout, /Expected letters, digits/);
    }
    assertEquals(hosts.files(), before);
    assertEquals(await hosts.releases(), [1, 1]);
  });

  await t.step("a task ends while what it started runs on", async () => {
    const { directory } = hosts.host(1);
    const task = async (module: string, command: string) => {
      const { code, stdout, stderr } = await hosts.run(
        "ansible",
        ...["host1", "--module-name", module, "--args"],
        `cd ${directory}/app && ${directory}/bin/zddeploy ${command}`,
        // sshd then waits for whoever has a raw task's pipe open.
        ...set("ansible_ssh_use_tty=false"),
      );
      assertEquals(code, 0, stdout + stderr);
    };
    for (const module of ["raw", "shell"]) {
      await task(module, "stop --nginx");
      assertEquals(await hosts.releases(), [0, 1]);
      await task(module, "deploy --release 1"); // nginx and an instance
      assertEquals(await hosts.releases(), [1, 1]);
    }
  });

  await t.step(
    "another deploy.conf is deployed under the same release",
    async () => {
      const conf = hosts.site.path("other.conf.j2");
      Deno.writeTextFileSync(
        conf,
        Deno.readTextFileSync(join(hosts.sample, "templates/deploy.conf.j2"))
          .replace("[deploy]", "env: COLOR=blue\n\n[deploy]"),
      );
      const args = [...FIRST, ...set(`zdd_conf=${conf}`)];
      const before = await hosts.pid(1);
      const played = await hosts.deploy(1, ...args);
      assertEquals(played.code, 0, played.stdout);
      assert(before !== await hosts.pid(1), played.stdout);
      const again = await hosts.deploy(1, ...args);
      assertEquals(changes(again), [0], again.stdout);
    },
  );

  await t.step(
    "rollback.yml takes a release back where it serves",
    async () => {
      const { code, stdout } = await hosts.deploy(2, ...FIRST);
      assertEquals(code, 0, stdout);
      assertEquals(await hosts.releases(), [2, 1]);
      for (const expected of [[2, 0], [0, 0]]) {
        const args = set("zdd_release=2");
        const played = await hosts.play("rollback.yml", ...args);
        assertEquals(played.code, 0, played.stdout);
        assertEquals(changes(played), expected, played.stdout);
        assertEquals(await hosts.releases(), [1, 1]);
      }
      assertMatch(hosts.conf(1), /^cwd: releases\/1$/m);
    },
  );

  await t.step("a release is watched, and the figures are told", async () => {
    const args = [...FIRST, ...set("zdd_watch=1", "zdd_canary=20")];
    const { code, stdout } = await hosts.deploy(2, ...args);
    assertEquals(code, 0, stdout);
    assertMatch(stdout, /\w+, 20 %: 0 of \d+ requests failed, 0 of \d+ before/);
    assertEquals(await hosts.releases(), [2, 1]);
    const back = await hosts.play("rollback.yml", ...set("zdd_release=2"));
    assertEquals(back.code, 0, back.stdout);
  });

  await t.step("a host that can't be reached is a failure, too", async () => {
    await hosts.host(2).hangUp();
    const args = [...BOTH, ...set("zdd_rollback=yes")];
    const { code, stdout, recap } = await hosts.deploy(3, ...args);
    assertEquals(code, 2, stdout);
    assertMatch(stdout, /Failed to connect to the host via ssh/);
    assertEquals([recap.host1?.failed, recap.host2?.failed], [0, 1]);
    assert((recap.host1?.changed ?? 0) > 0, stdout);
    assertEquals(await hosts.releases(), [1, 1]);
  });
});

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}
