import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { BoxedSite } from "../support/boxed_site.ts";
import { SystemdBox, testsIn } from "../support/systemd_box.ts";
import { deployConf, liveTemplate } from "../support/project.ts";
import { until } from "../support/until.ts";

const SAMPLES = join(
  dirname(dirname(dirname(fromFileUrl(import.meta.url)))),
  "samples",
);

const test = testsIn(await SystemdBox.boot(), "on a host with systemd");

function siteIn(box: SystemdBox, name: string): BoxedSite {
  return new BoxedSite(box, name, {
    "deploy.conf": deployConf(),
    "nginx.conf.template": liveTemplate(),
  });
}

test("boot enable brings everything back after a reboot, and status says so", async (box) => {
  const site = siteIn(box, "enabled");
  assertEquals((await site.zdd("deploy", "--release", "7")).code, 0);
  await box.shell("mkdir -p /etc/logrotate.d");
  const before = await site.zdd("boot", "status");
  assertEquals(before.code, 1);
  assertMatch(
    before.stderr,
    /^problem: nothing starts it at boot: run zddeploy boot en/,
  );
  const enabled = await site.zdd("boot", "enable");
  assertEquals(enabled.code, 0, enabled.stderr);
  // Where logrotate is, it is told of what grows.
  const rotation = "/etc/logrotate.d/zdd-srv-enabled";
  assertMatch(
    await box.shell(`cat ${rotation}`),
    /^"\/srv\/enabled\/\.zdd\/log\/\*\.log"$[^]*^ {4}copytruncate$/m,
  );
  const again = (await site.zdd("boot", "enable", "--json")).stdout;
  assertEquals(JSON.parse(again).changed, false);
  const status = await site.zdd("boot", "status");
  assertEquals(status.code, 0, status.stderr);
  assertMatch(
    status.stderr,
    /^a reboot brings everything back, by \/etc\/systemd\/system\/zdd-srv-enabled\.service$/m,
  );
  assertEquals(
    JSON.parse((await site.zdd("boot", "status", "--json")).stdout),
    {
      ok: true,
      unit: "/etc/systemd/system/zdd-srv-enabled.service",
      problems: [],
    },
  );

  // An ordinary user's, and the sample's own unit, at the same time: a boot takes long.
  const users = siteIn(box, "users");
  await box.shell(`useradd --create-home bob; chown -R bob ${users.directory}`);
  const asBob = (...args: string[]) =>
    box.run("runuser", "-u", "bob", "--", ...[
      ...["zddeploy", ...args, "--conf", users.conf],
    ]);
  assertEquals((await asBob("deploy")).code, 0);
  const refused = await asBob("boot", "enable");
  assertEquals(refused.code, 2, refused.stderr);
  assertMatch(refused.stderr, /^hint: run "sudo loginctl enable-linger bob" /m);
  await box.shell("loginctl enable-linger bob");
  const allowed = await asBob("boot", "enable");
  assertEquals(allowed.code, 0, allowed.stderr);
  assertEquals((await asBob("boot", "status")).code, 0);

  await installSample(box);
  await box.shell("systemctl enable --now app");

  const pids = [await site.pid(), await users.pid(), await samplePid(box)];
  assert(!pids.includes(undefined));
  await box.reboot();
  for (const running of [site, users]) {
    await until("served", async () => await running.pid() !== undefined);
  }
  await until("served", async () => await samplePid(box) !== undefined);
  assertMatch((await site.zdd("status")).stdout, /serving .* 7 /);
  const unit = "systemctl show --property Result zdd-srv-enabled";
  assertEquals(await box.shell(unit), "Result=success");

  const disabled = await site.zdd("boot", "disable");
  assertEquals(disabled.code, 0, disabled.stderr);
  assert(await site.pid());
  assertEquals((await site.zdd("boot", "status")).code, 1);
  assertEquals((await box.run("test", "-e", rotation)).code, 1);
  assertEquals((await site.zdd("boot", "disable")).code, 0);
});

test("the unit starts again what has ended", async (box) => {
  const site = siteIn(box, "crash");
  await site.zdd("deploy");
  await site.zdd("boot", "enable");
  await installSample(box);
  await box.shell("systemctl enable --now app");
  for (
    const [unit, pidOf] of [
      ["zdd-srv-crash", () => site.pid()],
      ["app", () => samplePid(box)],
    ] as const
  ) {
    const pid = await pidOf();
    assert(pid);
    await box.shell(`kill -9 ${pid}`);
    await until("dead", async () => await pidOf() === undefined);
    await box.shell(`systemctl start ${unit}`);
    assertNotEquals(await pidOf(), undefined);
    assertNotEquals(await pidOf(), pid);
  }
});

test("boot status knows directories that a boot empties", async (box) => {
  const site = siteIn(box, "memory");
  await box.shell("mkdir /run/memory");
  site.write(
    "deploy.conf",
    site.read("deploy.conf")
      .replace("pid_file: nginx.pid", "pid_file: /run/memory/nginx.pid"),
  );
  await site.zdd("boot", "enable");
  const { code, stderr } = await site.zdd("boot", "status");
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^problem: "\/run\/memory" is in memory, and lost at /,
  );
});

test("boot doesn't touch a unit that another has written", async (box) => {
  const site = siteIn(box, "taken");
  const file = "/etc/systemd/system/zdd-srv-taken.service";
  box.write(file, "[Service]\nExecStart=/bin/true\n");
  const { code, stderr } = await site.zdd("boot", "enable");
  assertEquals(code, 2, stderr);
  assertMatch(stderr, /exists and isn't for "\/srv\/taken\/deploy\.conf"/);
  assertEquals(
    Deno.readTextFileSync(box.path(file)),
    "[Service]\nExecStart=/bin/true\n",
  );
});

/** Copies samples/releases to /srv/app, with its unit. */
async function installSample(box: SystemdBox): Promise<void> {
  await box.shell(`
    cp -r ${SAMPLES}/releases/. /srv/app
    cp /srv/app/app.service /etc/systemd/system/
    systemctl daemon-reload`);
}

/** The pid that answers in the sample; undefined if none does. */
async function samplePid(box: SystemdBox): Promise<number | undefined> {
  const ask = 'fetch("http://127.0.0.1:8015/").then((r) => r.text())' +
    ".then(console.log)";
  const { stdout } = await box.run("node", "-e", ask);
  const pid = /pid (\d+)/.exec(stdout)?.[1];
  return pid === undefined ? undefined : Number(pid);
}
