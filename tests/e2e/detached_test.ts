import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site, ZDD } from "../support/site.ts";
import { isAlive } from "../support/processes.ts";
import { serverCommand } from "../support/project.ts";

/** Numbers of `/proc/PID/stat` (proc(5)). */
interface Ties {
  parent: number;
  group: number;
  session: number;
  /** 0: no controlling terminal. */
  terminal: number;
}

function tiesOf(pid: number): Ties {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const [, parent, group, session, terminal] = stat
    .slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  return {
    parent: parent ?? NaN,
    group: group ?? NaN,
    session: session ?? NaN,
    terminal: terminal ?? NaN,
  };
}

/** What a process has open, by descriptor. */
function openFiles(pid: number): Map<number, string> {
  const files = new Map<number, string>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      files.set(Number(name), Deno.readLinkSync(`/proc/${pid}/fd/${name}`));
    } catch { /* closed meanwhile */ }
  }
  return files;
}

/** Fails if a process of the site has one of these open. */
function assertNobodyHolds(site: Site, files: Iterable<string>): void {
  const forbidden = new Set(files);
  for (const pid of site.processes()) {
    for (const [descriptor, file] of openFiles(pid)) {
      assert(!forbidden.has(file), `${pid} holds ${file} as ${descriptor}`);
    }
  }
}

Deno.test("instances and nginx outlive zddeploy in sessions of their own", async () => {
  await using site = await Site.classic().deployed();
  const instance = await site.pidAt();
  const mine = tiesOf(Deno.pid);
  for (const pid of site.processes()) {
    const { session, group, terminal } = tiesOf(pid);
    assert(session !== mine.session, `${pid} is in the test's session`);
    assert(group !== mine.group, `${pid} is in the test's process group`);
    assertEquals(terminal, 0);
  }
  assertEquals(tiesOf(instance).session, instance);
});

Deno.test("an instance's output goes to its log, and its input is empty", async () => {
  await using site = await Site.classic().deployed();
  const instance = await site.pidAt();
  const files = openFiles(instance);
  const log = Deno.realPathSync(site.path(".zdd/log/web.log"));
  assertEquals([files.get(0), files.get(1), files.get(2)], [
    "/dev/null",
    log,
    log,
  ]);
  assertMatch(site.read(".zdd/log/web.log"), /^server\.mjs: good/);
  await site.deploy();
  // Each has its own.
  const link = site.path(".zdd/log/web.log");
  assert(Deno.realPathSync(link) !== log);
  assertEquals(site.read(".zdd/log/web.log").match(/: good/g)?.length, 1);
  assertMatch(Deno.readTextFileSync(log), /: good/);
});

Deno.test("`log` is where a service's output goes", async () => {
  await using site = await Site.classic({ lines: ["log: out/web.txt"] })
    .deployed();
  assertMatch(site.read("out/web.txt"), /^server\.mjs: good/);
});

Deno.test("a reader of zddeploy's pipes gets the end when zddeploy ends", async () => {
  await using site = Site.classic({
    lines: ["stop: sleep 600; true", "stop_timeout: 500ms"],
  });
  for (let i = 0; i < 2; i++) {
    const deploy = site.start();
    const pipes = [1, 2].map((fd) => openFiles(deploy.pid).get(fd) ?? "");
    assert(pipes.every((file) => file.startsWith("pipe:")));
    const { code, stderr } = await deploy.outcome(); // hangs if anybody holds them
    assertEquals(code, 0, stderr);
    assertNobodyHolds(site, pipes);
  }
});

Deno.test("descriptors that zddeploy was given are not passed on", async () => {
  await using site = Site.classic();
  // Whoever runs zddeploy under a lock gives it one (flock(1) shows 9 and 200).
  const words = ZDD.map((word) => `'${word}'`).join(" ");
  const given = [3, 9, 12, 200].map((number) => `${number}>given${number}`);
  const { code, stderr } = await site.run(
    ...["bash", "-c", `exec ${given.join(" ")}; ${words}`] as const,
  );
  assertEquals(code, 0, stderr);
  const files = [3, 9, 12, 200].map((number) => site.path(`given${number}`));
  assertNobodyHolds(site, files);
});

Deno.test("instances survive the terminal in which zddeploy ran", async () => {
  await using site = Site.classic();
  const words = ZDD.map((word) => `'${word}'`).join(" ");
  // script(1) gives it a terminal, and hangs up afterwards.
  const { code, stdout } = await site.command(
    "script",
    "-qec",
    `test -t 2 && ${words}`,
    "/dev/null",
  ).output();
  assertEquals(code, 0, new TextDecoder().decode(stdout));
  const instance = await site.pidAt();
  for (const pid of site.processes()) {
    assertEquals(tiesOf(pid).terminal, 0);
    for (const file of openFiles(pid).values()) {
      assert(!file.startsWith("/dev/pts/"), `${pid} holds ${file}`);
    }
  }
  assert(isAlive(instance));
});

Deno.test("a start command in the words of the shell is detached as well", async () => {
  await using site = Site.classic({
    start: `cd . && VERSION="a b" ${
      serverCommand("--pid-file", "web.pid")
    } | cat`,
  });
  await site.deploy();
  const { text } = await site.get();
  assertMatch(text, /^a b \d+ /);
  const mine = tiesOf(Deno.pid);
  for (const pid of site.processes()) {
    assert(tiesOf(pid).session !== mine.session);
  }
});
