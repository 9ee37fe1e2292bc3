import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";
import { isAlive } from "../support/processes.ts";

Deno.test("status shows each instance and nginx in a table", async () => {
  await using site = await Site.classic().deployed();
  const pid = await site.pidAt();
  const { code, stdout, stderr } = await site.zdd("status");
  assertEquals([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.length, 3);
  assertMatch(
    lines[0] ?? "",
    /^SERVICE +STATE +PID +ADDRESS +.*UPTIME +MEMORY +CONNECTIONS$/,
  );
  assertMatch(
    lines[1] ?? "",
    new RegExp(`^web +serving +${pid} +127\\.0\\.0\\.1:\\d+ .* MB +0$`),
  );
  assertMatch(
    lines[2] ?? "",
    new RegExp(`^nginx +2 workers +${site.nginxMaster()} +loaded .* ago$`),
  );
});

Deno.test("status --json is one document that tells the same and more", async () => {
  await using site = await Site.classic().deployed();
  const pid = await site.pidAt();
  const { code, stdout, stderr } = await site.zdd("status", "--json");
  assertEquals([code, stderr], [0, ""]);
  const { ok, services, nginx, notes } = JSON.parse(stdout);
  assertEquals([ok, notes], [true, []]);
  const [{ name, instances: [instance] }] = services;
  assertEquals([name, instance.state, instance.pid], ["web", "serving", pid]);
  assertEquals(
    instance.address,
    `127.0.0.1:${site.read(`${pid}.port`).trim()}`,
  );
  assertEquals(
    instance.log,
    Deno.realPathSync(site.path(".zdd/log/web.log")),
  );
  assert(instance.memory > 1e6);
  assert(Math.abs(Date.parse(instance.startedAt) - Date.now()) < 60_000);
  assertEquals([nginx.running, nginx.workers], [true, 2]);
  assertEquals(nginx.pid, site.nginxMaster());
  assertEquals(nginx.conf, site.path("nginx.conf"));
});

Deno.test("status works from any directory with -c", async () => {
  await using site = await Site.classic().deployed();
  await using elsewhere = Site.classic();
  const { code } = await elsewhere.zdd(
    "status",
    "-c",
    site.path("deploy.conf"),
  );
  assertEquals(code, 0);
});

Deno.test("status before the first deploy says that nothing runs, and changes nothing", async () => {
  await using site = Site.classic();
  const { code, stdout } = await site.zdd("status");
  assertEquals(code, 1);
  assertMatch(stdout, /^web +not running$/m);
  assertMatch(stdout, /^nginx +not running$/m);
  assertEquals(site.exists(".zdd"), false);
  const json = await site.zdd("status", "--json");
  assertEquals(json.code, 1);
  assertEquals(JSON.parse(json.stdout).ok, false);
});

Deno.test("status tells of an instance that has died", async () => {
  await using site = await Site.classic().deployed();
  const pid = await site.pidAt();
  Deno.kill(pid, "SIGKILL");
  await until("it is gone", () => !isAlive(pid));
  const { code, stdout } = await site.zdd("status");
  assertEquals(code, 1);
  assertMatch(stdout, new RegExp(`^web +dead +${pid} `, "m"));

  await site.deploy();
  assertEquals((await site.zdd("status")).code, 0);
});

Deno.test("status tells of an instance that runs, but doesn't listen any more", async () => {
  await using site = await Site.live({ port: "socket" }).deployed();
  const [instance] = await site.instances();
  assert(instance !== undefined);
  Deno.removeSync(instance.address.replace(/^unix:/, ""));
  const { code, stdout, stderr } = await site.zdd("status");
  assertEquals(code, 1, stderr);
  assertStringIncludes(
    stdout + stderr,
    `nothing listens on ${instance.address} any more, although ${instance.pid} runs`,
  );
  await site.deploy();
  assertEquals((await site.zdd("status")).code, 0);
});

Deno.test("status tells of an nginx that has died", async () => {
  await using site = await Site.classic().deployed();
  const master = site.nginxMaster() ?? 0;
  Deno.kill(master, "SIGTERM");
  await until("it is gone", () => !isAlive(master));
  const { code, stdout } = await site.zdd("status");
  assertEquals(code, 1);
  assertMatch(stdout, /^web +serving /m);
  assertMatch(stdout, /^nginx +not running$/m);
});

Deno.test("status counts the connections and nginx's old workers", async () => {
  await using site = await Site.classic().deployed();
  const old = await site.pidAt();
  const slow = site.get("/slow?600000");
  const connections = async () => {
    const { stdout } = await site.zdd("status", "--json");
    return JSON.parse(stdout).services[0].instances[0].connections;
  };
  await until("it counts one", async () => await connections() === 1);

  site.configure({ lines: ["drain_timeout: 600"] });
  const deploy = site.start();
  await deploy.printed("nginx: reloaded");
  await until("nginx's idle workers have ended", async () => {
    const { stdout } = await site.zdd("status");
    return /^nginx +2 workers and 1 old /m.test(stdout);
  });
  const { code, stdout } = await site.zdd("status");
  assertEquals(code, 0);
  assertMatch(stdout, new RegExp(`^web +stopping +${old} .* 1$`, "m"));
  Deno.kill(old, "SIGKILL");
  await slow;
  assertEquals((await deploy.outcome()).code, 0);
});

Deno.test("status while a deploy runs shows what serves, and notes the deploy", async () => {
  await using site = await Site.classic().deployed();
  const pid = await site.pidAt();
  site.configure({ mode: "delay:3000" });
  const deploy = site.start();
  await until("it has begun", () => site.exists(".zdd/journal.json"));
  const { code, stdout } = await site.zdd("status");
  assertEquals(code, 0);
  assertMatch(stdout, new RegExp(`^web +serving +${pid} `, "m"));
  assertMatch(stdout, /^note: a deploy is running/m);
  assertEquals((await deploy.outcome()).code, 0);
  assert(!(await site.zdd("status")).stdout.includes("note:"));
});

Deno.test("render prints nginx.conf as it is, check finds no mistake", async () => {
  await using site = await Site.classic().deployed();
  const { code, stdout } = await site.zdd("render");
  assertEquals([code, stdout], [0, site.read("nginx.conf")]);
  const check = await site.zdd("check");
  assertEquals([check.code, check.stderr], [0, "deploy.conf: no mistakes\n"]);
});
