import { assert, assertEquals, assertMatch } from "@std/assert";
import { CrashSite, type Switch } from "./crash_site.ts";
import type { Site } from "../support/site.ts";
import { until } from "../support/until.ts";
import { isAlive } from "../support/processes.ts";
import { classicTemplate } from "../support/project.ts";

const SWITCHES: Switch[] = ["live", "reload"];

function masterOf(site: Site): number {
  const master = site.nginxMaster();
  if (master === undefined) throw new Error("nginx doesn't run");
  return master;
}

/** Its workers, of which none is shutting down. */
function workersOf(site: Site): number[] {
  return site.nginx().filter((pid) => pid !== masterOf(site));
}

async function killNginx(site: Site): Promise<void> {
  for (const pid of site.nginx()) Deno.kill(pid, "SIGKILL");
  await until("it is gone", () => site.nginx().length === 0);
}

for (const kind of SWITCHES) {
  Deno.test(`an nginx that was killed is started by the next deploy, and by start (${kind})`, async () => {
    await using own = await CrashSite.create(kind, { load: false });
    const { site } = own;
    for (const command of ["deploy", "start"]) {
      await killNginx(site);
      assertEquals((await site.zdd("status")).code, 1);
      const { stderr } = await site.deploy(command);
      assertMatch(stderr, /^nginx: started \d+/m);
      await own.assertWhole();
    }
  });

  Deno.test(`an nginx whose master alone was killed serves on, and zddeploy says why it can't start another (${kind})`, async () => {
    await using own = await CrashSite.create(kind);
    const { site } = own;
    const old = await site.pidAt();
    const workers = workersOf(site);
    Deno.kill(masterOf(site), "SIGKILL");
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /nginx didn't start/);
    assertMatch(stderr, /Address already in use/);
    assertEquals(await site.pidAt(), old);
    await own.assertNothingFailed();
    for (const pid of workers) Deno.kill(pid, "SIGKILL");
    await site.deploy();
    await own.assertWhole();
  });

  Deno.test(`an nginx that somebody stops or starts by hand is what the next deploy finds (${kind})`, async () => {
    await using own = await CrashSite.create(kind, { load: false });
    const { site } = own;
    Deno.kill(masterOf(site), "SIGQUIT");
    await until("it is gone", () => site.nginx().length === 0);
    const conf = site.path("nginx.conf");
    await site.command("nginx", "-c", conf).output();
    await until("it is up", () => site.nginxMaster() !== undefined);
    const master = masterOf(site);
    await site.deploy();
    assertEquals(masterOf(site), master);
    await own.assertWhole();
  });

  Deno.test(`an nginx without its pid file is found (${kind})`, async () => {
    await using own = await CrashSite.create(kind);
    const { site } = own;
    const master = masterOf(site);
    Deno.removeSync(site.path("nginx.pid"));
    await site.deploy();
    assert(isAlive(master));
    assertEquals((await site.zdd("status")).code, 0);
    await own.assertNothingFailed();
  });

  Deno.test(`an nginx that somebody reloads all the time disturbs no deploy (${kind})`, async () => {
    await using own = await CrashSite.create(kind);
    const { site } = own;
    // Keep-alive connections are cut by reloads, whoever makes them.
    const load = kind === "reload";
    const master = masterOf(site);
    const timer = setInterval(() => Deno.kill(master, "SIGHUP"), 150);
    try {
      for (let i = 0; i < 3; i++) await site.deploy();
    } finally {
      clearInterval(timer);
    }
    await own.assertWhole();
    if (load) await own.assertNothingFailed();
  });

  Deno.test(`a binary upgrade of nginx that isn't finished is not deployed over (${kind})`, async () => {
    await using own = await CrashSite.create(kind, { load: false });
    const { site } = own;
    const serving = await site.pidAt();
    const old = masterOf(site);
    Deno.kill(old, "SIGUSR2");
    await until(
      "the new master is up",
      () =>
        site.exists("nginx.pid.oldbin") && site.nginxMaster() !== undefined &&
        masterOf(site) !== old && workersOf(site).length > 2,
    );
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1, stderr);
    assertMatch(stderr, new RegExp(`being upgraded: its old master ${old}`));
    assertEquals(await site.pidAt(), serving);
    Deno.kill(old, "SIGQUIT"); // which finishes it
    await until("the old master is gone", () => !isAlive(old));
    await site.deploy();
    await own.assertWhole();
  });
}

Deno.test("an nginx that is killed during a deploy is started again by it", async () => {
  await using own = await CrashSite.create("reload", { load: false });
  const { site } = own;
  const hook =
    "before_switch: kill -9 -$(ps -o pgid= -p $(cat nginx.pid) | tr -d ' ')";
  site.configure({ deploy: [hook] });
  const { stderr } = await site.deploy();
  assertMatch(stderr, /^nginx: started \d+/m);
  await own.assertWhole();
});

Deno.test("a worker that is stuck fails the reload, and the old instance is not stopped", async () => {
  await using own = await CrashSite.create("reload", { load: false });
  const { site } = own;
  site.configure({ nginx: ["reload_timeout: 1500ms"] });
  const old = await site.pidAt();
  const [stuck] = workersOf(site);
  assert(stuck !== undefined);
  Deno.kill(stuck, "SIGSTOP");
  const { code, stderr } = await site.zdd();
  assertEquals(code, 4, stderr); // undoing needs a reload too
  assertMatch(stderr, /nginx didn't confirm the reload in 1\.5 s/);
  assert(isAlive(old));
  assertEquals((await site.get()).status, 200);
  Deno.kill(stuck, "SIGCONT");
  const { stderr: again } = await site.deploy();
  assertMatch(again, /undid the deploy of/);
  await own.assertWhole();
});

Deno.test("an nginx that listens elsewhere than it may goes on with what it has", async () => {
  await using own = await CrashSite.create("reload");
  const { site } = own;
  const old = await site.pidAt();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  site.write(
    "nginx.conf.template",
    classicTemplate().replace(
      "listen 127.0.0.1:%PORT%;",
      `listen 127.0.0.1:%PORT%; listen 127.0.0.1:${port};`,
    ),
  );
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /Address already in use/);
  assertEquals(await site.pidAt(), old);
  await own.assertNothingFailed();
});
