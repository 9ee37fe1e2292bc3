import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { assertUntouched, look } from "../support/untouched.ts";
import { classicTemplate } from "../support/project.ts";
import { freePort } from "../support/free_port.ts";
import { until } from "../support/until.ts";
import { isAlive } from "../support/processes.ts";

Deno.test("the first deploy starts nginx, later ones reload it and replace its workers", async () => {
  await using site = Site.classic();
  const first = await site.deploy();
  const master = site.nginxMaster();
  assertMatch(first.stderr, new RegExp(`nginx: started ${master}`));
  for (let i = 0; i < 2; i++) {
    const before = site.activeWorkers();
    const { stderr } = await site.deploy();
    assertMatch(stderr, new RegExp(`nginx: reloaded ${master}`));
    assertEquals(site.nginxMaster(), master);
    const after = site.activeWorkers();
    assertEquals(after.length, 2);
    assert(!after.some((pid) => before.includes(pid)));
  }
});

Deno.test("a template that fails `nginx -t` leaves nginx alone, and nginx says why", async () => {
  await using site = await Site.classic().deployed();
  const before = await look(site);
  site.write(
    "nginx.conf.template",
    classicTemplate({ location: "proxy_pas http://web;" }),
  );
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /nginx refuses ".*\/nginx\.conf"/);
  assertMatch(stderr, /\| .*\[emerg\].*unknown directive "proxy_pas".*:\d+/);
  await assertUntouched(site, before);

  site.write("nginx.conf.template", classicTemplate());
  await site.deploy();
});

Deno.test("workers that nginx replaced before nginx.conf was written need no reload to undo it", async () => {
  await using site = await Site.classic().deployed();
  const before = await look(site);
  site.configure({
    deploy: [
      "before_switch: old=$(pgrep -P $(cat nginx.pid)); kill -9 $old",
      '  workers() { pgrep -P $(cat nginx.pid) | grep -vxF "$old"; }',
      "  until [ $(workers | wc -l) = 2 ]; do sleep 0.02; done",
      "  workers >workers",
    ],
  });
  site.write("nginx.conf.template", classicTemplate({ location: "no_such;" }));
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  const workers = site.read("workers").trim().split("\n").map(Number);
  await assertUntouched(site, {
    ...before,
    workers: workers.toSorted((a, b) => a - b),
    processes: [
      ...before.processes.filter((pid) => !before.workers.includes(pid)),
      ...workers,
    ].toSorted((a, b) => a - b),
  });
});

Deno.test("an nginx that somebody reloads with the nginx.conf of a deploy which fails is reloaded to undo it", async () => {
  await using site = await Site.classic().deployed();
  const old = await site.pidAt();
  const first = site.activeWorkers();
  // Between the writing of nginx.conf and the refusal.
  site.write(
    "nginx.sh",
    `#!/bin/sh
[ "$1" = -t ] || exec nginx "$@"
kill -HUP $(cat nginx.pid)
while pgrep -P $(cat nginx.pid) | grep -qxF '${
      first.join("\n")
    }'; do sleep 0.02; done
pgrep -P $(cat nginx.pid) >workers
echo "no, not today" >&2
exit 1
`,
  );
  // Not this process: a child that another test forks may have it open for writing.
  await site.run("install", "-m755", "nginx.sh", "nginx-wrapper");
  const command = `command: ${site.path("nginx-wrapper")}`;
  site.configure({ nginx: [command] });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /no, not today/);
  const reloaded = site.read("workers").trim().split("\n").map(Number);
  assert(!site.activeWorkers().some((pid) => reloaded.includes(pid)));
  assertEquals(await site.pidAt(), old);
});

Deno.test("a port that another program holds makes the reload fail, and nginx says why", async () => {
  await using site = await Site.classic().deployed();
  const before = await look(site);
  const port = freePort();
  site.write(
    "nginx.conf.template",
    classicTemplate({ http: `server { listen 127.0.0.1:${port}; }` }),
  );
  {
    using _taken = Deno.listen({ hostname: "127.0.0.1", port });
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /nginx refused to reload/);
    assertMatch(
      stderr,
      new RegExp(`\\| .*127\\.0\\.0\\.1:${port} .*Address already in use`),
    );
    assertMatch(stderr, /error\.log/);
    await assertUntouched(site, before);
  }
  await site.deploy();
  assert(await site.pidAt() !== before.instance);
});

Deno.test("a reload that nginx confirms late is a success", async () => {
  await using site = await Site.classic().deployed();
  const port = freePort();
  site.write(
    "nginx.conf.template",
    classicTemplate({ http: `server { listen 127.0.0.1:${port}; }` }),
  );
  const taken = Deno.listen({ hostname: "127.0.0.1", port });
  // nginx tries to bind five times, half a second apart.
  const errors = () => site.exists("error.log") ? site.read("error.log") : "";
  const deploy = site.zdd();
  await until("nginx finds the port taken", () => errors().includes(`${port}`));
  taken.close();
  const { code, stderr } = await deploy;
  assertEquals(code, 0, stderr);
});

Deno.test("a reload that isn't confirmed in time is a failure, which the next deploy mends", async () => {
  await using site = await Site.classic().deployed();
  const before = await look(site);
  const port = freePort();
  site.write(
    "nginx.conf.template",
    classicTemplate({ http: `server { listen 127.0.0.1:${port}; }` }),
  );
  // nginx tries to bind for longer than that, and then refuses.
  site.configure({ nginx: ["reload_timeout: 500ms"] });
  {
    using _taken = Deno.listen({ hostname: "127.0.0.1", port });
    const { code, stderr } = await site.zdd();
    assert(code === 1 || code === 4, stderr);
    assertMatch(stderr, /nginx didn't confirm the reload in 500 ms/);
    assertEquals(await site.pidAt(), before.instance);
  }
  site.configure();
  await site.deploy();
  assert(await site.pidAt() !== before.instance);
  await site.untilCount(before.processes.length);
});

Deno.test("an nginx whose template gives it another pid file is found all the same", async () => {
  await using site = Site.classic();
  site.write(
    "nginx.conf.template",
    classicTemplate().replace(
      "pid {nginx_pid_filename};",
      "pid {project_dir}/other.pid;",
    ),
  );
  await site.deploy();
  const master = Number(site.read("other.pid"));
  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`nginx: reloaded ${master}`));
  assertEquals((await site.zdd("status")).code, 0);
});

Deno.test("a stale nginx.pid that names another process is no nginx: nobody is signalled", async () => {
  await using site = Site.classic();
  const sleep = site.command("sleep", "600").spawn(); // a HUP ends it
  site.write("nginx.pid", `${sleep.pid}\n`);
  const { stderr } = await site.deploy();
  assertMatch(stderr, /nginx: started \d+/);
  assert(isAlive(sleep.pid), "it was signalled");

  const master = site.nginxMaster() ?? 0;
  Deno.kill(master, "SIGTERM");
  await until("nginx ends", () => !isAlive(master));
  site.write("nginx.pid", `${sleep.pid}\n`);
  const again = await site.deploy();
  assertMatch(again.stderr, /nginx: started \d+/);
  assert(isAlive(sleep.pid), "it was signalled");
  await site.pidAt();
  sleep.kill("SIGKILL");
  await sleep.output();
});

Deno.test("an empty nginx.pid, as `nginx -t` leaves it, is no nginx", async () => {
  await using site = Site.classic();
  site.write("nginx.pid", "");
  const { stderr } = await site.deploy();
  assertMatch(stderr, /nginx: started \d+/);
  await site.pidAt();
});

Deno.test("the nginx that runs is found when its pid file was emptied", async () => {
  await using site = await Site.classic().deployed();
  const master = site.nginxMaster();
  site.write("nginx.pid", "");
  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`nginx: reloaded ${master}`));
  await site.pidAt();
});

Deno.test("an nginx with another configuration behind the pid file is named, and nothing is run", async () => {
  await using other = await Site.classic().deployed();
  await using site = Site.classic({
    nginx: [`pid_file: ${other.path("nginx.pid")}`],
  });
  for (const command of ["deploy", "check", "start"]) {
    const { code, stderr } = await site.zdd(command);
    assertEquals(code, 1, stderr);
    assertMatch(
      stderr,
      new RegExp(
        `nginx\\.pid" names nginx ${other.nginxMaster()}, which runs with ` +
          `"${other.path("nginx.conf")}" and not with`,
      ),
    );
    assertMatch(stderr, /hint: .*"conf: .*nginx\.conf" in \[nginx\]/);
  }
  assertEquals(site.processes(), []);
  await other.pidAt();
});

/** Has nginx read the nginx.conf that is there, as an administrator would. */
async function reloadByHand(site: Site): Promise<void> {
  const before = site.activeWorkers();
  Deno.kill(site.nginxMaster() ?? 0, "SIGHUP");
  await until("the workers are others", () => {
    const now = site.activeWorkers();
    return now.length === 2 && !now.some((pid) => before.includes(pid));
  });
}

Deno.test("an nginx that was reloaded with another nginx.conf is noticed, although the file is as it was", async () => {
  await using site = Site.live();
  await site.deploy("deploy", "--release", "1");
  const text = site.read("nginx.conf");
  const again = () => site.deploy("deploy", "--release", "1", "--json");
  const changed = async () => JSON.parse((await again()).stdout).changed;
  for (const repair of [changed, () => site.deploy("start")]) {
    site.write(
      "nginx.conf",
      text.replace("location /", "location / { return 404; }\nlocation /x"),
    );
    await reloadByHand(site);
    site.write("nginx.conf", text);
    assertEquals((await site.get()).status, 404);
    const { stdout } = await site.zdd("status");
    assertMatch(stdout, /nginx was reloaded with a different ".*nginx.conf"/);
    const planned = await site.deploy(
      ...["deploy", "--release", "1", "--dry-run", "--json"],
    );
    assertEquals(JSON.parse(planned.stdout).nginx.action, "reloaded");
    assert(await repair());
    assertEquals((await site.get()).status, 200);
    assert(!/another/.test((await site.zdd("status")).stdout));
  }
  assertEquals(await changed(), false);
});

Deno.test("an nginx that is reloaded with the nginx.conf that was deployed has nothing to do, after an undone deploy either", async () => {
  await using site = Site.live();
  await site.deploy("deploy", "--release", "1");
  const template = site.read("nginx.conf.template");
  site.write("nginx.conf.template", template + "nonsense;\n");
  assertEquals((await site.zdd()).code, 1);
  site.write("nginx.conf.template", template);
  await reloadByHand(site);
  const { stdout } = await site.deploy(
    ...["deploy", "--release", "1", "--json"],
  );
  assertEquals(JSON.parse(stdout).changed, false);
});
