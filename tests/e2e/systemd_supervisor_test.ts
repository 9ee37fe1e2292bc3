import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { BoxedSite } from "../support/boxed_site.ts";
import { deployConf, liveTemplate } from "../support/project.ts";
import { SystemdBox, testsIn } from "../support/systemd_box.ts";
import { until } from "../support/until.ts";

const test = testsIn(await SystemdBox.boot(), "under systemd");

const SAMPLE = new URL("../../samples/systemd/", import.meta.url);

interface Options {
  lines?: string[];
  mode?: string;
  start?: string;
  port?: string;
}

function conf({ lines = [], ...options }: Options = {}): string {
  return deployConf({ ...options, lines: ["supervisor: systemd", ...lines] });
}

function siteIn(box: SystemdBox, name: string, options?: Options): BoxedSite {
  return new BoxedSite(box, name, {
    "deploy.conf": conf(options),
    "nginx.conf.template": liveTemplate(),
  });
}

async function succeed(site: BoxedSite, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await site.zdd(...args);
  assertEquals(code, 0, stdout + stderr);
  return stdout + stderr;
}

/** The names of a site's units that systemd knows. */
async function units(site: BoxedSite): Promise<string[]> {
  const name = site.directory.replace("/srv/", "zdd-");
  const list = "systemctl list-units --all --plain --no-legend --full";
  const text = await site.box.shell(`${list} '${name}-*'`);
  return text.split("\n").filter((line) => line !== "")
    .map((line) => line.split(" ")[0] ?? "");
}

interface Instance {
  state: string;
  pid: number;
  unit: string;
  restarts: number;
}

async function instances(site: BoxedSite): Promise<Instance[]> {
  const { stdout } = await site.zdd("status", "--json");
  return JSON.parse(stdout).services[0].instances;
}

/** Stops all of a site, of which then nothing is left. */
async function stopAll(site: BoxedSite): Promise<void> {
  await succeed(site, "stop", "--nginx");
  assertEquals(await units(site), []);
  const files = `ls ${site.directory}/.zdd/run | grep env || true`;
  assertEquals(await site.box.shell(files), "");
}

test("ten deploys under load lose nothing and leave one unit", async (box) => {
  const secret = "a$b\"c'd`e\\f %n";
  const site = siteIn(box, "ten", {
    lines: [
      "user: nobody",
      "memory_max: 500M",
      `env: SECRET=${secret.replace("%", "%%")}`,
    ],
  });
  assertMatch(await succeed(site, "deploy", "-v"), /systemd-run/);
  await using load = await site.startLoad();
  for (let i = 0; i < 10; i++) {
    assert(!(await succeed(site, "deploy", "-v")).includes("a$b"));
  }
  const { failed, kinds, answers } = await load.stop();
  assertEquals({ failed, kinds }, { failed: 0, kinds: {} });
  assertEquals(answers.length, 11);
  const [unit = "", ...others] = await units(site);
  assertEquals(others, []);
  assertMatch(unit, /^zdd-ten-web-\d{8}T\d{6}-\w{6}\.service$/);
  const pid = await site.pid();
  assertMatch(await box.shell(`cat /proc/${pid}/status`), /^Uid:\t65534\t/m);
  const environment = await box.shell(`cat /proc/${pid}/environ`);
  const variables = environment.split("\0");
  assert(variables.includes(`SECRET=${secret}`), environment);
  assert(variables.includes("USER=nobody"), environment);
  const memory = await box.shell(`systemctl show -P MemoryMax ${unit}`);
  assertEquals(memory, String(500 * 2 ** 20));
  const files = await box.shell(`stat -c %a ${site.directory}/.zdd/run/*`);
  assertEquals(files, "600");
  await stopAll(site);
});

test("its sample loses nothing under load, and works as its comments say", async (box) => {
  const files = Object.fromEntries(
    ["deploy.conf", "nginx.conf.template", "server.js"].map((name) => [
      name,
      Deno.readTextFileSync(new URL(name, SAMPLE))
        .replace("listen 8016", "listen 127.0.0.1:%PORT%"),
    ]),
  );
  const site = new BoxedSite(box, "sample", files);
  await succeed(site, "deploy");
  await using load = await site.startLoad({
    expect: /^hello from node, pid \d+, instance [12]\n$/,
    text: /pid (\d+)/,
  });
  for (let i = 0; i < 3; i++) await succeed(site, "deploy");
  const { failed, kinds, answers } = await load.stop();
  assertEquals({ failed, kinds }, { failed: 0, kinds: {} });
  assertEquals(answers.length, 8);
  const [unit] = await units(site);
  const show = await box.shell(
    `systemctl show ${unit} -P User -P CPUQuotaPerSecUSec -P ProtectSystem`,
  );
  assertEquals(show.split("\n").toSorted(), [
    "1.500000s",
    "strict",
    "www-data",
  ]);
  await stopAll(site);
});

test("what is killed by hand comes back, and the next deploy drains it", async (box) => {
  const site = siteIn(box, "crash", { lines: ["instances: 2"] });
  await succeed(site, "deploy");
  const [first] = await instances(site);
  assert(first);
  await using load = await site.startLoad();
  await box.shell(`kill -9 ${first.pid}`);
  await until("back", async () => (await instances(site))[0]?.restarts === 1);
  await until(
    "alive",
    async () => (await instances(site))[0]?.state === "serving",
  );
  const [again] = await instances(site);
  assertEquals(again?.unit, first.unit);
  assertNotEquals(again?.pid, first.pid);
  assertMatch(
    (await site.zdd("status")).stdout,
    / RESTARTS .* UNIT\n.* 1 .*zdd-crash-web/s,
  );
  // At most one for each client was on its way.
  const { failed } = await load.stop();
  assert(failed <= 20, String(failed));

  await using other = await site.startLoad();
  assertMatch(
    await succeed(site, "deploy"),
    new RegExp(`drained ${again?.pid}`),
  );
  assertEquals((await other.stop()).failed, 0);
  assertEquals((await units(site)).length, 2);
  await stopAll(site);
});

test("what eats more than memory_max is killed by the kernel, and comes back", async (box) => {
  // Of version 1 in the one, of version 2 in the other.
  const controllers = "cat /proc/self/cgroup /sys/fs/cgroup/cgroup.controllers";
  if (!/\bmemory\b/.test((await box.run("sh", "-c", controllers)).stdout)) {
    // deno-lint-ignore no-console
    console.log("skipped: no memory controller for control groups here");
    return;
  }
  const site = siteIn(box, "memory", {
    start: "node eater.mjs",
    lines: ["memory_max: 100M"],
  });
  site.write("eater.mjs", EATER);
  await succeed(site, "deploy");
  const pid = await site.pid();
  await site.get("/eat");
  await until("back", async () => {
    const now = await site.pid();
    return now !== undefined && now !== pid;
  });
  assertEquals((await instances(site))[0]?.restarts, 1);
  // It wasn't of itself.
  site.write("deploy.conf", conf({ start: "node eater.mjs" }));
  await succeed(site, "deploy");
  const free = await site.pid();
  await site.get("/eat");
  assertEquals(await site.pid(), free);
  await stopAll(site);
});

test("a crash in the middle of a drain is repaired, and the deploy goes on", async (box) => {
  const site = siteIn(box, "drain", { lines: ["drain_timeout: 3"] });
  await succeed(site, "deploy");
  const old = await site.pid();
  const slow = site.get("/slow?2500");
  await new Promise((resolve) => setTimeout(resolve, 300));
  const deploying = site.zdd("deploy");
  await until("switched", async () => await site.pid() !== old);
  const pid = await site.pid();
  await box.shell(`kill -9 ${pid}`);
  assertMatch(await slow ?? "", new RegExp(` ${old} `));
  const { code, stderr } = await deploying;
  assertEquals(code, 0, stderr);
  const [present] = await instances(site);
  assertNotEquals(present?.pid, pid);
  assertEquals(present?.restarts, 1);
  assertEquals(await site.pid(), present?.pid);
  assertEquals((await units(site)).length, 1);
  await stopAll(site);
});

test("kill_after ends what ignores its stop, and nobody starts it again", async (box) => {
  const site = siteIn(box, "stays", {
    mode: "stays",
    lines: ["kill_after: 300ms", "restart: always"],
  });
  await succeed(site, "deploy");
  const old = await site.pid();
  await succeed(site, "deploy");
  assertEquals((await units(site)).length, 1);
  assertEquals((await box.run("kill", "-0", String(old))).code, 1);
  await stopAll(site);
});

test("a start that fails is told in its own words, and leaves no unit", async (box) => {
  const site = siteIn(box, "fails");
  await succeed(site, "deploy");
  const pid = await site.pid();
  const before = await units(site);
  site.write("deploy.conf", conf({ mode: "exit" }));
  const { code, stderr } = await site.zdd("deploy");
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /web didn't start: ".*" ended with exit status [13]$/m);
  assertMatch(stderr, /cannot find module 'left-pad'/);
  assertMatch(stderr, /\(journalctl --unit zdd-fails-web-.*\.service\)/);
  assertEquals(await units(site), before);
  assertEquals(await site.pid(), pid);

  site.write("deploy.conf", conf({ lines: ["properties: NoSuch=1"] }));
  const wrong = await site.zdd("deploy");
  assertEquals(wrong.code, 1);
  assertMatch(wrong.stderr, /systemd can't start zdd-fails-web-.*\n.*NoSuch/);
  assertEquals(await site.pid(), pid);
  await stopAll(site);
});

test("a deploy that is killed leaves no unit behind, once the next has run", async (box) => {
  const site = siteIn(box, "killed");
  await succeed(site, "deploy");
  const pid = await site.pid();
  site.write("deploy.conf", conf({ mode: "delay:60000" }));
  const dying = site.zdd("deploy");
  await until("begun", async () => (await units(site)).length === 2);
  await box.shell("pkill -9 -f '[m]ain.ts deploy|/[z]ddeploy deploy'");
  await dying;
  assertEquals(await site.pid(), pid);
  site.write("deploy.conf", conf());
  await succeed(site, "deploy");
  assertNotEquals(await site.pid(), pid);
  assertEquals((await units(site)).length, 1);
  await stopAll(site);
});

test("the standby, a rollback and a canary are units as well", async (box) => {
  const site = siteIn(box, "standby", { lines: ["standby: yes"] });
  await succeed(site, "deploy", "--release", "1");
  const first = await site.pid();
  await succeed(site, "deploy", "--release", "2");
  assertEquals((await units(site)).length, 2);
  await using load = await site.startLoad();
  // The standby is another process by now.
  await box.shell(`kill -9 ${first}`);
  await until(
    "back",
    async () =>
      (await instances(site)).find(({ state }) => state === "standby")
        ?.restarts === 1,
  );
  await succeed(site, "rollback");
  const rolledBack = await site.pid();
  assertNotEquals(rolledBack, first);
  assertMatch((await site.zdd("status")).stdout, /serving .* 1 /);
  assertEquals((await load.stop()).failed, 0);
  site.write("deploy.conf", conf());
  await succeed(site, "deploy", "--canary", "50");
  await succeed(site, "promote");
  assertEquals((await units(site)).length, 1);
  await stopAll(site);
});

test("logs are the journal's", async (box) => {
  const site = siteIn(box, "logs");
  await succeed(site, "deploy");
  const [instance] = await instances(site);
  assertMatch(
    await succeed(site, "logs"),
    /^server\.mjs: good, begins at \d+$/m,
  );
  assertMatch(await succeed(site, "logs", "--since=-1h"), /begins at/);
  assertEquals(await succeed(site, "logs", "--since=2199-01-01"), "");
  const following = site.zdd("logs", "-f");
  await box.shell(`kill -9 ${instance?.pid}`);
  await until("back", async () => await site.pid() !== undefined);
  await until(
    "said",
    async () => /begins.*begins/s.test(await succeed(site, "logs")),
  );
  // The one that follows may be a moment behind.
  await box.shell("sleep 2; pkill -f '[m]ain.ts logs|/[z]ddeploy logs'");
  assertEquals((await following).stdout.match(/begins at/g)?.length, 2);
  await stopAll(site);
});

test("a release that crashes while it is watched goes back, though systemd starts it again", async (box) => {
  const site = siteIn(box, "watched");
  await succeed(site);
  const old = await site.pid();
  const deploy = site.zdd("deploy", "--watch", "10m", "--json");
  await until(
    "it is watched",
    () => JSON.parse(site.read(".zdd/state.json")).watch !== undefined,
  );
  const pid = await site.pid();
  assertNotEquals(pid, old);
  await box.shell(`kill -9 ${pid}`);
  const { code, stdout } = await deploy;
  assertEquals(code, 1);
  assertEquals(JSON.parse(stdout).watch[0].result, "ended");
  assertEquals(await site.pid(), old);
  await succeed(site, "stop", "--nginx");
  assertEquals(await units(site), []);
});

test("a socket is bound again after a crash", async (box) => {
  const site = siteIn(box, "socket", { port: "socket" });
  await succeed(site, "deploy");
  const pid = await site.pid();
  await box.shell(`kill -9 ${pid}`);
  await until("back", async () => {
    const now = await site.pid();
    return now !== undefined && now !== pid;
  });
  await stopAll(site);
});

test("an ordinary user's units are the user's own, and a reboot brings all back", async (box) => {
  const root = siteIn(box, "root");
  const site = siteIn(box, "users");
  await box.shell(`useradd --create-home bob; chown -R bob ${site.directory}`);
  const asBob = (...args: string[]) =>
    box.run("runuser", "-u", "bob", "--", ...[
      ...["zddeploy", ...args, "--conf", site.conf],
    ]);
  const refused = await asBob("deploy");
  assertEquals(refused.code, 2, refused.stderr);
  assertMatch(
    refused.stderr,
    /^hint: run "sudo loginctl enable-linger bob" once/m,
  );
  await box.shell("loginctl enable-linger bob");
  for (let i = 0; i < 2; i++) {
    const { code, stderr } = await asBob("deploy");
    assertEquals(code, 0, stderr);
  }
  assertMatch(
    await box.shell(`cat /proc/${await site.pid()}/cgroup`),
    /\/user@\d+\.service\/.*\/zdd-users-web-.*\.service$/m,
  );
  assertMatch((await asBob("logs")).stdout, /begins at/);
  assertEquals((await asBob("boot", "enable")).code, 0);
  await succeed(root, "deploy", "--release", "7");
  await succeed(root, "boot", "enable");
  await box.reboot();
  for (const each of [root, site]) {
    await until("served", async () => await each.pid() !== undefined);
  }
  assertMatch((await root.zdd("status")).stdout, /serving .* 7 .*zdd-root-web/);
  assertEquals((await units(root)).length, 1);
});

/** Answers as the tests' server does; /eat takes 200 MB. */
const EATER = `
import http from "node:http";
const eaten = [];
http.createServer((request, response) => {
  if (request.url === "/eat") {
    for (let i = 0; i < 200; i++) eaten.push(Buffer.alloc(2 ** 20, 1));
  }
  request.resume().on("end", () => response.end(\`v1 \${process.pid} 0\\n\`));
}).listen(process.env.PORT, "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
`;
