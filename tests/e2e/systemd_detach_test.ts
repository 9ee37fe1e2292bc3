import { assert, assertEquals, assertMatch } from "@std/assert";
import { BoxedSite } from "../support/boxed_site.ts";
import { SystemdBox, testsIn } from "../support/systemd_box.ts";
import { deployConf, liveTemplate } from "../support/project.ts";
import { until } from "../support/until.ts";

const test = testsIn(await SystemdBox.boot(), "on a host with systemd");

function siteIn(box: SystemdBox, name: string, deploy?: string[]): BoxedSite {
  return new BoxedSite(box, name, {
    "deploy.conf": deployConf({ deploy }),
    "nginx.conf.template": liveTemplate(),
  });
}

/** Writes a unit whose [Service] has these lines. */
async function unit(box: SystemdBox, name: string, lines: string[]) {
  box.write(
    `/etc/systemd/system/${name}.service`,
    ["[Service]", ...lines, ""].join("\n"),
  );
  await box.shell("systemctl daemon-reload");
}

/** The scopes that zddeploy has made and that still are. */
async function scopes(box: SystemdBox): Promise<string> {
  return await box.shell("systemctl list-units --plain --no-legend 'zdd-*'");
}

async function stopAll(site: BoxedSite): Promise<void> {
  const { code, stderr } = await site.zdd("stop", "--nginx");
  assertEquals(code, 0, stderr);
}

test("what a oneshot unit deploys stays when the unit ends, under load", async (box) => {
  const site = siteIn(box, "oneshot");
  const deploy = `ExecStart=zddeploy deploy --conf ${site.conf}`;
  await unit(box, "oneshot", ["Type=oneshot", deploy]);
  await box.shell("systemctl start oneshot");
  const first = await site.pid();
  await using load = await site.startLoad();
  for (let i = 0; i < 3; i++) await box.shell("systemctl start oneshot");
  const { answers } = await load.stopWithoutFailure();
  assertEquals(answers.length, 4);
  assertEquals(answers[0]?.text, String(first));
  // The unit's journal has what it printed, as ever.
  const journal = await box.shell("journalctl -o cat -u oneshot");
  assertEquals(journal.match(/^deployed in /gm)?.length, 4);
  assertMatch(await scopes(box), /^zdd-nginx-.*\nzdd-web-.*$/);
  await stopAll(site);
  await until("scopes gone", async () => await scopes(box) === "");
});

test("an answer to a request that was held doesn't end with the unit that paused", async (box) => {
  const site = siteIn(box, "paused");
  const { code, stderr } = await site.zdd();
  assertEquals(code, 0, stderr);
  const there = (file: string) => `test -e ${site.directory}/${file}`;
  const pause = `zddeploy pause --conf ${site.conf} -- /bin/sh -c ` +
    `"touch begun; until ${there("enough")}; do sleep 0.1; done"`;
  await unit(box, "pausing", ["Type=oneshot", `ExecStart=${pause}`]);
  await box.shell("systemctl start --no-block pausing");
  await box.shell(`until ${there("begun")}; do sleep 0.1; done`);
  // nginx doesn't ask another one, as it would for a GET.
  const url = `http://127.0.0.1:${site.port}/slow?2000`;
  const ask = `fetch("${url}", { method: "POST", body: "x" })` +
    ".then((r) => r.text()).then(console.log)";
  const asking = box.run("node", "-e", ask);
  const held = `${site.directory}/.zdd/live/.held/zdd_web_a`;
  await box.shell(
    `until ss -xH | grep -q "ESTAB.* ${held} "; do sleep 0.1; done`,
  );
  site.write("enough", "");
  await box.shell(
    'until [ "$(systemctl is-active pausing)" = inactive ]; do sleep 0.1; done',
  );
  assertMatch((await asking).stdout, /^\S+ \d+ /);
  await stopAll(site);
});

test("so does what a timer deploys", async (box) => {
  const site = siteIn(box, "timer");
  await unit(box, "timed", [`ExecStart=zddeploy --conf ${site.conf}`]);
  await box.shell(
    "systemd-run --unit=timed --on-active=100ms --timer-property=AccuracySec=1ms",
  );
  await until("deployed", async () => await site.pid() !== undefined);
  const isActive = "systemctl is-active timed.service || true";
  await until("ended", async () => await box.shell(isActive) === "inactive");
  assert(await site.pid());
  await stopAll(site);
});

test("so does what the job of an agent deploys, when the agent is stopped", async (box) => {
  const site = siteIn(box, "agent");
  const job = `zddeploy --conf ${site.conf} && touch /run/deployed`;
  await unit(box, "agent", [`ExecStart=sh -c "${job}; sleep 1000"`]);
  await box.shell("systemctl start agent");
  await until("deployed", () => exists(box.path("/run/deployed")));
  await box.shell("systemctl stop agent");
  assert(await site.pid());
  await stopAll(site);
});

test("detach: no leaves it to the unit", async (box) => {
  const site = siteIn(box, "no", ["detach: no"]);
  const deploy = `ExecStart=zddeploy deploy --conf ${site.conf}`;
  await unit(box, "no", ["Type=oneshot", deploy]);
  await box.shell("systemctl start no");
  assertEquals(await site.pid(), undefined);
});

for (const line of ["KillMode=process", "RemainAfterExit=yes"]) {
  test(`a unit with ${line} keeps what it has started`, async (box) => {
    const site = siteIn(box, line.slice(0, 4));
    const deploy = `ExecStart=zddeploy deploy --conf ${site.conf}`;
    await unit(box, "keeps", ["Type=oneshot", line, deploy]);
    await box.shell("systemctl start keeps");
    const pid = await site.pid();
    assert(pid);
    assertEquals(await scopes(box), "");
    assertMatch(await box.shell(`cat /proc/${pid}/cgroup`), /keeps\.service/);
    await stopAll(site);
    await box.shell("systemctl stop keeps");
  });
}

test("where systemd can't be asked for scopes, zddeploy starts nothing", async (box) => {
  const site = siteIn(box, "mute");
  await unit(box, "mute", [
    "Type=oneshot",
    "InaccessiblePaths=/usr/bin/busctl",
    `ExecStart=zddeploy deploy --conf ${site.conf}`,
  ]);
  assertEquals((await box.run("systemctl", "start", "mute")).code, 1);
  assertMatch(
    await box.shell("journalctl -o cat -u mute"),
    /^hint: run "systemd-run --scope zddeploy …" \(.*busctl/m,
  );
  assertEquals(await site.pid(), undefined);
});

test("a scope is no unit that ends", async (box) => {
  const site = siteIn(box, "scope");
  const run = `systemd-run --scope --quiet zddeploy --conf ${site.conf}`;
  await box.shell(run);
  assert(await site.pid());
  assertEquals(await scopes(box), "");
  await stopAll(site);
});

test("an ordinary user is told what works, and it works, in a unit and over SSH", async (box) => {
  const site = siteIn(box, "user");
  await box.shell(`
    useradd --create-home bob
    chown -R bob ${site.directory}
    ssh-keygen -q -t ed25519 -N '' -f /root/key
    install -d -o bob /home/bob/.ssh
    install -o bob /root/key.pub /home/bob/.ssh/authorized_keys
    systemctl start ssh`);
  const deploy = `zddeploy deploy --conf ${site.conf}`;
  await unit(box, "bobs", [
    ...["Type=oneshot", "User=bob"],
    `ExecStart=${deploy}`,
  ]);
  const inUnit = () => box.run("systemctl", "start", "bobs");
  const overSsh = () =>
    box.run("ssh", "-i", "/root/key", "-oStrictHostKeyChecking=no", ...[
      ...["bob@localhost", deploy],
    ]);

  const stop = async () => {
    const words = ["zddeploy", "stop", "--nginx", "--conf", site.conf];
    const { code, stderr } = await box.run(
      "runuser",
      "-u",
      "bob",
      "--",
      ...words,
    );
    assertEquals(code, 0, stderr);
  };

  assertEquals((await inUnit()).code, 1);
  const journal = await box.shell("journalctl -o cat -u bobs");
  assertMatch(
    journal,
    /ends with its unit: KillMode=control-group in bobs\.service/,
  );
  assertMatch(journal, /run "sudo loginctl enable-linger bob" once, or set /);
  const status = "systemctl show --property ExecMainStatus bobs";
  assertEquals(await box.shell(status), "ExecMainStatus=2");

  // By default a logout ends nothing.
  const over = await overSsh();
  assertEquals(over.code, 0, over.stderr);
  await until("logged out", () => isLoggedOut(box));
  assert(await site.pid());
  await stop();

  box.write(
    "/etc/systemd/logind.conf.d/kill.conf",
    `[Login]
KillUserProcesses=yes
`,
  );
  await box.shell("systemctl kill -s HUP systemd-logind");
  const refused = await overSsh();
  assertEquals(refused.code, 2, refused.stderr);
  assertMatch(
    refused.stderr,
    /ends at the logout: KillUserProcesses=yes in session-\S+\.scope/,
  );
  assertEquals(await site.pid(), undefined);

  const [advice = ""] = /loginctl enable-linger bob/.exec(refused.stderr) ?? [];
  await box.shell(advice);
  for (const run of [overSsh, inUnit]) {
    const { code, stderr } = await run();
    assertEquals(code, 0, stderr);
    await until("logged out", () => isLoggedOut(box));
    const pid = await site.pid();
    assert(pid);
    const group = await box.shell(`cat /proc/${pid}/cgroup`);
    assertMatch(group, /user@\d+\.service\/.*zdd-web-.*\.scope/);
  }
  await stop();
});

test("what root deploys in the session of a user stays when that ends", async (box) => {
  const site = siteIn(box, "session");
  const kill = "/etc/systemd/logind.conf.d/kill.conf";
  box.write(kill, "[Login]\nKillUserProcesses=yes\n");
  await box.shell(`
    useradd --create-home ann
    install -d -o ann /home/ann/.ssh
    ssh-keygen -q -t ed25519 -N '' -f /root/anns
    install -o ann /root/anns.pub /home/ann/.ssh/authorized_keys
    echo root:secret | chpasswd
    systemctl kill -s HUP systemd-logind
    systemctl start ssh`);
  const deploy = `echo secret | su -c 'zddeploy --conf ${site.conf}'`;
  const { code, stderr } = await box.run(
    ...["ssh", "-i", "/root/anns", "-oStrictHostKeyChecking=no"] as const,
    ...["ann@localhost", deploy],
  );
  assertEquals(code, 0, stderr);
  await until("logged out", () => isLoggedOut(box));
  const pid = await site.pid();
  assert(pid);
  assertMatch(
    await box.shell(`cat /proc/${pid}/cgroup`),
    /:\/system\.slice\/zdd-web-.*\.scope$/m,
  );
  await stopAll(site);
});

/** Whether no session is left, but for those that only have processes left behind. */
async function isLoggedOut(box: SystemdBox): Promise<boolean> {
  const states = await box.shell(`
    for session in $(loginctl list-sessions --no-legend | awk '{print $1}'); do
      loginctl show-session --property State --value $session || true
    done`);
  return !/active|online|opening/.test(states);
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
