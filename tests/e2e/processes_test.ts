import { assert, assertEquals, assertMatch } from "@std/assert";
import { DAEMONS, daemonTest } from "../support/daemons.ts";
import { until } from "../support/until.ts";
import type { Site } from "../support/site.ts";
import { isAlive } from "../support/processes.ts";

// Servers that nobody here wrote do with their processes whatever they like: all of these
// are the instance, and none is left when it is said to be stopped.

/** The instance that serves, as `status` tells. */
async function serving(site: Site) {
  const [instance, ...more] = (await site.instances())
    .filter(({ state }) => state === "serving");
  assertEquals(more, []);
  assert(instance !== undefined, "nothing serves");
  return instance;
}

for (const [kind, { isHttp }] of Object.entries(DAEMONS)) {
  daemonTest("deployed twice and stopped", kind, async (site) => {
    await site.deploy();
    const first = await serving(site);
    await site.deploy();
    const second = await serving(site);
    assert(first.pid !== second.pid);
    assert(!isAlive(first.pid), "the first one still runs");
    if (isHttp) await site.pidAt();
    const { stderr } = await site.deploy("stop");
    assertMatch(stderr, new RegExp(`stopped ${second.pid}`));
    assertEquals(site.besidesNginx(), []);
  });

  daemonTest("a failed deploy leaves nothing", kind, async (site) => {
    await site.deploy();
    const before = site.besidesNginx();
    site.write(
      "deploy.conf",
      site.read("deploy.conf").replace(
        "[deploy]",
        "[deploy]\nbefore_switch: false",
      ),
    );
    assertEquals((await site.zdd()).code, 1);
    assertEquals(site.besidesNginx(), before);
  });
}

daemonTest(
  "a server that was started again is still the instance",
  "a shell's loop",
  async (site) => {
    await site.deploy();
    const { pid } = await serving(site);
    Deno.kill(pid, "SIGKILL");
    await until(
      "it serves again",
      async () => (await site.get()).status === 200,
    );
    const again = await serving(site);
    assert(again.pid !== pid);
    assertEquals((await site.zdd("status")).code, 0);
    await site.deploy("start");
    assertEquals((await serving(site)).pid, again.pid);

    // What is on its way is waited for.
    const slow = site.get("/slow");
    await until(
      "it is asked",
      async () => (await serving(site)).connections === 1,
    );
    await site.deploy();
    assertEquals((await slow).text, `v1 ${again.pid} 0\n`);
    await site.deploy("stop");
    assertEquals(site.besidesNginx(), []);
  },
);

daemonTest(
  "a connection to a socket that was renamed is waited for",
  "a renamed socket",
  async (site) => {
    await site.deploy();
    const { pid } = await serving(site);
    const slow = site.get("/slow");
    await until(
      "it is asked",
      async () => (await serving(site)).connections === 1,
    );
    await site.deploy();
    assertEquals(await slow, { status: 200, text: `v1 ${pid} 0\n` });
  },
);

daemonTest(
  "a worker that doesn't end is killed with its server",
  "gunicorn with setproctitle",
  async (site) => {
    await site.deploy();
    const stuck = site.get("/stuck").catch(() => {});
    await until("it is stuck", () => site.exists("stuck"));
    const pid = Number(site.read("stuck"));
    const { stderr } = await site.deploy("stop");
    assertMatch(stderr, /web: killed \d+/);
    assert(!isAlive(pid), `${pid} still runs`);
    assertEquals(site.besidesNginx(), []);
    await stuck;
  },
  ["kill_after: 1"],
);

daemonTest(
  "all processes count as memory",
  "gunicorn with setproctitle",
  async (site) => {
    await site.deploy();
    const { stdout } = await site.zdd("status", "--json");
    const [{ instances: [{ memory, pid }] }] = JSON.parse(stdout).services;
    const status = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
    const one = Number(/^Pss:\s+(\d+)/m.exec(status)?.[1]) * 1024;
    assert(memory > 1.5 * one, `${memory} of which the master has ${one}`);
  },
);

daemonTest(
  "a wrapper that ignores SIGTERM and starts its server again is killed whole",
  "a wrapper that ignores SIGTERM",
  async (site) => {
    await site.deploy();
    const { pid } = await serving(site);
    const { stderr } = await site.deploy("stop");
    assertMatch(stderr, new RegExp(`web: killed ${pid}`));
    assertEquals(site.besidesNginx(), []);
    assertEquals((await site.zdd("status", "--json")).code, 1);
  },
  ["kill_after: 2"],
);

daemonTest(
  "what still runs is told of",
  "a wrapper that ignores SIGTERM",
  async (site) => {
    await site.deploy();
    const { pid } = await serving(site);
    const { stderr } = await site.deploy("stop");
    assertMatch(
      stderr,
      new RegExp(`warning: \\d+(, \\d+)* of ${pid} still run 2 s after`),
    );
    assert((await site.instances()).some(({ state }) => state === "stopping"));
    const again = await site.deploy("start");
    assertMatch(again.stderr, /still runs; it was stopped at 2/);
  },
  ["stop_timeout: 2"],
);

daemonTest(
  "a master that has re-executed itself is the instance",
  "gunicorn with a pid file",
  async (site) => {
    await site.deploy();
    const { pid } = await serving(site);
    Deno.kill(pid, "SIGUSR2");
    await until("the new master is there", () => site.exists("g.pid.2"));
    const next = Number(site.read("g.pid.2"));
    await until("it has workers", () => site.besidesNginx().length >= 6);
    Deno.kill(pid, "SIGQUIT");
    await until("the old one is gone", () => !isAlive(pid));
    // Within a second; another gunicorn that begins meanwhile would refuse to.
    await until(
      "the new one has the pid file",
      () => site.exists("g.pid") && Number(site.read("g.pid")) === next,
    );
    assertEquals((await serving(site)).pid, next);
    assertEquals((await site.zdd("status")).code, 0);
    await site.deploy();
    assert(!isAlive(next));
    await site.deploy("stop");
    assertEquals(site.besidesNginx(), []);
  },
);

daemonTest(
  "a server whose first thread has ended serves on",
  "threads alone",
  async (site) => {
    await site.deploy();
    const { pid } = await serving(site);
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    assertMatch(stat, /\) Z /);
    assertEquals((await site.zdd("status")).code, 0);
    await site.deploy();
    assert((await serving(site)).pid !== pid);
    assert(!site.processes().includes(pid));
  },
);

daemonTest(
  "the address of what still has clients is given to nobody",
  "a listener that closes",
  async (site) => {
    await site.deploy();
    const first = await serving(site);
    const stream = site.get("/slow");
    await until(
      "it is asked",
      async () => (await serving(site)).connections === 1,
    );
    await site.deploy();
    await site.deploy();
    const third = await serving(site);
    assert(third.address !== first.address, `both have ${first.address}`);
    await stream.catch(() => {});
  },
  ["drain_timeout: 500ms", "stop_timeout: 500ms"],
);

daemonTest(
  "what nobody can tell whose it is, is told of and left alone",
  "gunicorn with setproctitle",
  async (site) => {
    await site.deploy();
    const { pid } = await serving(site);
    Deno.removeSync(site.path(".zdd"), { recursive: true });
    const { stderr } = await site.deploy();
    assertMatch(
      stderr,
      /warning: process \d+ listens on 127\.0\.0\.1:\d+, to which nginx/,
    );
    assert(isAlive(pid), "it was signalled");
    await site.pidAt();
  },
);
