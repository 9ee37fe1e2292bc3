import { assert, assertEquals, assertMatch } from "@std/assert";
import { canUnshareMounts } from "../support/mount_namespace.ts";
import { Site, ZDD } from "../support/site.ts";
import { liveTemplate, serviceSection } from "../support/project.ts";
import { until } from "../support/until.ts";

// nginx that root starts has workers of another user, whom directories can stop.
const ignore = Deno.uid() !== 0;

const noNamespace = !canUnshareMounts();
const reason = noNamespace ? " (skipped: no mount namespace can be made)" : "";

Deno.test({
  name:
    "workers that can't get at the links: the error names the directory and its mode",
  ignore,
  fn: async () => {
    await using site = Site.live({ deploy: ["state_dir: private/state"] });
    site.write("private/.keep", "");
    Deno.chmodSync(site.path("private"), 0o700);
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1);
    assertMatch(
      stderr,
      new RegExp(
        `^zddeploy: nginx's workers \\(user \\d+\\) cannot enter ` +
          `"${site.path("private")}", mode 0700$`,
        "m",
      ),
    );
    assertMatch(stderr, new RegExp(`chmod o\\+x ${site.path("private")}`));
    assertEquals(site.processes(), []);
    assertEquals(site.exists("nginx.conf"), false);

    Deno.chmodSync(site.path("private"), 0o701);
    await site.deploy();
    await site.pidAt();
  },
});

for (const port of ["env", "file"] as const) {
  Deno.test({
    name:
      `a template that becomes live where workers can't get at the links fails no request, port: ${port}`,
    ignore,
    fn: async () => {
      await using site = await Site.classic({
        port,
        deploy: ["state_dir: private/state"],
        files: { "private/.keep": "" },
      }).deployed();
      Deno.chmodSync(site.path("private"), 0o700);
      const before = { pid: await site.pidAt(), conf: site.read("nginx.conf") };
      const nginx = site.nginx();
      await using load = await site.load({ keepAlive: false, clients: 5 });
      site.write("nginx.conf.template", liveTemplate());
      const { code, stderr } = await site.zdd();
      await load.stopWithoutFailure();
      assertEquals(code, 1);
      assertMatch(stderr, /cannot enter ".*private", mode 0700/);
      assertEquals(
        { pid: await site.pidAt(), conf: site.read("nginx.conf") },
        before,
      );
      assertEquals(site.servers(), [before.pid]);
      // Nothing had to be reloaded to find that out.
      assertEquals(site.nginx(), nginx);
    },
  });
}

Deno.test({
  name: "a directory that is closed to the workers later stops a deploy",
  ignore,
  fn: async () => {
    await using site = await Site.live().deployed();
    const old = await site.pidAt();
    Deno.chmodSync(site.path(".zdd/live"), 0o700);
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1);
    assertMatch(stderr, /cannot enter ".*\.zdd\/live", mode 0700/);
    assertEquals(site.servers(), [old]);
    Deno.chmodSync(site.path(".zdd/live"), 0o755);
    await site.deploy();
  },
});

/** Each directory below the state's that nginx must enter, with its mode. */
function modesOf(site: Site, directory: string): Record<string, string> {
  const modes: Record<string, string> = {};
  const look = (path: string) => {
    const { mode, uid } = Deno.statSync(site.path(path));
    assertEquals(uid, Deno.uid());
    modes[path] = ((mode ?? 0) & 0o777).toString(8);
    for (const entry of Deno.readDirSync(site.path(path))) {
      if (entry.isDirectory) look(`${path}/${entry.name}`);
    }
  };
  look(directory);
  return modes;
}

for (const umask of ["000", "022", "077"]) {
  Deno.test(`the way to the links is the deploying user's to write and anybody's to enter, umask ${umask}`, async () => {
    await using site = Site.live({
      services: [
        serviceSection(),
        serviceSection({ name: "own", port: "file" }),
      ],
      template: liveTemplate({
        locations: `
        location / { <%= it.live.pass("web") %> }
        location /own { <%= it.live.pass("own") %> }`,
      }),
    });
    for (let i = 0; i < 2; i++) {
      const { success, stderr } = await site.command(
        "sh",
        ...["-c", `umask ${umask} && exec "$@"`, "sh", ...ZDD],
      ).output();
      assert(success, new TextDecoder().decode(stderr));
    }
    await site.pidAt();
    await site.pidAt("/own");
    const modes = modesOf(site, ".zdd/live");
    assert(Object.keys(modes).length > 4);
    assertEquals(
      Object.entries(modes).filter(([, mode]) => mode !== "755"),
      [],
    );
    for (const path of [".zdd", ".zdd/run"]) {
      const { mode } = Deno.statSync(site.path(path));
      assertEquals((mode ?? 0) & 0o022, 0);
    }
  });
}

Deno.test({
  name:
    `workers that see another tree: nothing is switched, and the error says so${reason}`,
  ignore: noNamespace,
  fn: async () => {
    await using site = await Site.live().deployed();
    const old = await site.pidAt();
    Deno.kill(site.nginxMaster() ?? 0, "SIGTERM");
    await until("nginx is gone", () => site.nginxMaster() === undefined);
    // As a unit with PrivateTmp= sees a site in /tmp: a copy, in which links never move.
    const { success } = await site.command(
      "unshare",
      ...["--mount", "sh", "-c"],
      "cp -a .zdd copy && mount --bind copy .zdd && nginx -c $PWD/nginx.conf",
    ).output();
    assert(success);
    assertEquals(await site.pidAt(), old);
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1);
    assertMatch(stderr, /nginx's workers see another ".*\.zdd\/live"/);
    assertEquals(await site.pidAt(), old);
    assertEquals(site.servers(), [old]);
  },
});
