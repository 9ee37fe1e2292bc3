import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";
import { serverCommand } from "../support/project.ts";
import { isAlive, titleOf } from "../support/processes.ts";

/** A deploy.conf that was written for the Python zdd, to the letter. */
const CLASSIC = `\
[nginx]
template: ./nginx.conf.template
pid_file: ./nginx.pid

[service:gunicorn]
pid_file: gunicorn.pid
start: gunicorn -D -c settings_gunicorn.py app:app
stop: kill -WINCH
`;

/** An installation of the Python zdd; nothing of it runs. */
function classicSite(): Site {
  const site = Site.fromSample("gunicorn");
  site.write("deploy.conf", CLASSIC);
  return site;
}

/** Does what the Python zdd did: renders nginx.conf for a port and starts nginx with it. */
async function startNginx(site: Site, service: string, port: string) {
  site.write(
    "nginx.conf",
    site.read("nginx.conf.template")
      .replaceAll("{nginx_pid_filename}", site.path("nginx.pid"))
      .replaceAll("{project_dir}", site.directory)
      .replaceAll(`{${service}}`, port),
  );
  await run(site, `nginx -c ${site.path("nginx.conf")}`);
  await until("nginx runs", () => site.activeWorkers().length > 0);
}

/** Starts the tests' server without zdd. Returns its pid and its port. */
async function startServer(site: Site): Promise<{ pid: number; port: string }> {
  await run(
    site,
    `${serverCommand("--pid-file", "web.pid")} >server.log 2>&1 &`,
  );
  await until("there is a pid", () => site.exists("web.pid"));
  const pid = Number(site.read("web.pid"));
  await until("there is a port", () => site.exists(`${pid}.port`));
  return { pid, port: site.read(`${pid}.port`).trim() };
}

async function run(site: Site, command: string): Promise<void> {
  const { success, stderr } = await site.command("sh", "-c", command).output();
  assert(success, new TextDecoder().decode(stderr));
}

/** gunicorn's masters; a worker's parent has the same title. */
function gunicornMasters(site: Site): number[] {
  const all = site.processes().filter((pid) =>
    titleOf(pid).includes("gunicorn")
  );
  return all.filter((pid) => !all.includes(parentOf(pid)));
}

function parentOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 4).split(" ")[0]);
}

Deno.test("a deploy.conf of the Python zdd deploys unchanged, and again", async () => {
  await using site = classicSite();
  const first = await site.deploy();
  assertMatch(first.stderr, /gunicorn: started \d+ on 127\.0\.0\.1:\d+/);
  const old = Number(site.read("gunicorn.pid"));
  const { text } = await site.get();
  assertEquals(text, `gunicorn, pid ${old}, version 1\n`);

  site.write("app.py", site.read("app.py").replace('"1"', '"2"'));
  const { stderr } = await site.deploy();
  const current = Number(site.read("gunicorn.pid"));
  assert(current !== old);
  assertEquals(
    (await site.get()).text,
    `gunicorn, pid ${current}, version 2\n`,
  );
  // WINCH ends the workers and leaves the master: as ever, but no longer in silence.
  assertMatch(
    stderr,
    new RegExp(`warning: ${old} still runs 10 s after "kill -WINCH"`),
  );
  assertMatch(stderr, /use `stop: kill -TERM`/);
  assertEquals(gunicornMasters(site).length, 2);
});

Deno.test("what the Python zdd started is replaced under load without a failed request", async () => {
  await using site = classicSite();
  site.write("deploy.conf", CLASSIC.replace("-WINCH", "-TERM"));
  await run(site, "gunicorn -D -c settings_gunicorn.py app:app");
  await until("gunicorn writes its pid", () => site.exists("gunicorn.pid"));
  const old = Number(site.read("gunicorn.pid"));
  await until("gunicorn writes its port", () => site.exists(`${old}.port`));
  site.write("gunicorn.current.pid", `${old}\n`);
  await startNginx(site, "gunicorn", site.read(`${old}.port`).trim());
  const master = site.nginxMaster();

  await using load = await site.load({
    keepAlive: false,
    expect: /^gunicorn, pid \d+, version 1\n$/,
  });
  const { stderr } = await site.deploy();
  await load.stopWithoutFailure();

  assertMatch(stderr, new RegExp(`gunicorn: found ${old} on`));
  assertMatch(stderr, new RegExp(`nginx: reloaded ${master}`));
  assertMatch(stderr, new RegExp(`gunicorn: stopped ${old}`));
  assertEquals(isAlive(old), false);
  assertEquals(gunicornMasters(site), [Number(site.read("gunicorn.pid"))]);
});

Deno.test("status knows the instance of a Python zdd before the first deploy", async () => {
  await using site = Site.classic();
  const { pid, port } = await startServer(site);
  await startNginx(site, "web", port);
  const { code, stdout } = await site.zdd("status", "--json");
  assertEquals(code, 0);
  const [{ instances: [instance] }] = JSON.parse(stdout).services;
  assertEquals(
    [instance.state, instance.pid, instance.address],
    ["serving", pid, `127.0.0.1:${port}`],
  );
});

Deno.test("the old instance is found where only NAME.current.pid names it", async () => {
  await using site = Site.classic();
  const { pid, port } = await startServer(site);
  Deno.renameSync(site.path("web.pid"), site.path("web.current.pid"));
  await startNginx(site, "web", port);

  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`web: found ${pid} on 127.0.0.1:${port}`));
  assertMatch(stderr, new RegExp(`web: stopped ${pid}`));
  assertEquals(isAlive(pid), false);
  assert(await site.pidAt() !== pid);
});

Deno.test("the old instance is found where only the live pid of two is its own", async () => {
  await using site = Site.classic();
  const { pid, port } = await startServer(site);
  site.write("web.pid", "4194303\n"); // a release that failed has been here
  site.write("web.current.pid", `${pid}\n`);
  await startNginx(site, "web", port);
  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`web: stopped ${pid}`));
});

for (const file of ["web.pid", "web.current.pid"]) {
  Deno.test(`a stranger that ${file} names is neither taken over nor signalled`, async () => {
    await using site = Site.classic();
    const stranger = site.command("sleep", "600").spawn();
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    site.write(file, `${stranger.pid}\n`);
    // Even if somebody else listens where its port file says.
    site.write(`${stranger.pid}.port`, `${listener.addr.port}\n`);
    for (let i = 0; i < 2; i++) {
      const { stderr } = await site.deploy();
      assert(!stderr.includes(String(stranger.pid)), stderr);
    }
    assert(isAlive(stranger.pid), "it was signalled");
    assert(site.exists(`${stranger.pid}.port`));
    stranger.kill("SIGKILL");
    await stranger.output();
  });
}
