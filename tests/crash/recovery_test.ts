import { assert, assertEquals, assertMatch } from "@std/assert";
import { CrashSite, markedInstances } from "./crash_site.ts";
import { Site } from "../support/site.ts";
import { isAlive } from "../support/processes.ts";
import { Client } from "../support/client.ts";
import { until } from "../support/until.ts";
import { sleep } from "../../lib/system/wait.ts";
import { liveTemplate, serviceSection } from "../support/project.ts";

for (const port of ["env", "socket", "file"] as const) {
  for (const what of ["damaged", "gone"] as const) {
    Deno.test(`with a ${what} state nothing is started twice nor left behind (port: ${port})`, async () => {
      await using site = await Site.live({ port }).deployed();
      const pid = await site.pidAt();
      const state = site.path(".zdd/state.json");
      if (what === "gone") Deno.removeSync(state);
      else Deno.writeTextFileSync(state, '{"version": 1, "serv');
      const started = await site.deploy("start");
      assertMatch(started.stderr, new RegExp(`web: found ${pid} on `));
      assertEquals(await site.pidAt(), pid);
      // What was found is known from now on.
      const { stderr } = await site.deploy();
      assertMatch(stderr, new RegExp(`web: stopped ${pid}`));
      assertEquals(isAlive(pid), false);
      assertEquals(markedInstances(site).length, 1);
      assertEquals((await site.zdd("status")).code, 0);
    });
  }
}

Deno.test("an instance that is still stopping isn't taken for the current one", async () => {
  await using site = await Site.live({
    port: "file",
    lines: ["stop: true", "stop_timeout: 100ms"],
  }).deployed();
  const pid = await site.pidAt();
  await site.deploy("stop"); // it doesn't end
  assert(isAlive(pid));
  const { stderr } = await site.deploy("start");
  assertMatch(stderr, /^web: started \d+/m);
  assert(await site.pidAt() !== pid);
});

Deno.test("an old worker's slow client still reaches the old instance after a crash", async () => {
  await using own = await CrashSite.create("reload", { load: false });
  const { site } = own;
  const old = await site.pidAt();
  using client = await Client.connect(site.port);
  await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n");
  await client.send("Connection: close\r\n\r\nab");
  await until("nginx has it", async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return true;
  });
  // nginx asks the instance only when it has the whole body.
  const remains = await own.die("remove journal.json#1", "deploy");
  assertEquals(remains.journal, "close");
  const repaired = site.zdd("start");
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await client.send("cd");
  const answer = await client.rest();
  assertMatch(answer, new RegExp(`^HTTP/1.1 200 .*v1 ${old} 4\n`, "s"));
  const { code, stderr } = await repaired;
  assertEquals(code, 0, stderr);
  await own.assertWhole();
});

/** Becomes a daemon without an environment, and serves nothing. */
const TRACELESS = `\
import os, time
def leave():
    if os.fork():
        os._exit(0)
    os.setsid()
leave()
time.sleep(0.1)
leave()
os.closerange(0, 100)
os.execve("/usr/bin/python3", ["python3", "forever.py"], {})
`;
const FOREVER = `\
import os, time
open("pid", "w").write(str(os.getpid()) + ".")
time.sleep(600)
`;

Deno.test("a daemon without a trace is ended if the deploy that began it was killed", async () => {
  await using site = await Site.live().deployed();
  const present = await site.pidAt();
  site.write("daemon.py", TRACELESS);
  site.write("forever.py", FOREVER);
  site.configure({ start: "/usr/bin/python3 daemon.py" });
  const deploy = site.start();
  await until(
    "the daemon runs",
    () => site.exists("pid") && site.read("pid").endsWith("."),
  );
  const daemon = parseInt(site.read("pid"));
  await sleep(500); // zddeploy looks at it now and then
  deploy.kill("SIGKILL");
  await deploy.outcome();
  assert(isAlive(daemon));
  site.configure();
  const { stderr } = await site.deploy();
  assertMatch(stderr, /^zdd: undid the deploy of /m);
  assert(!isAlive(daemon));
  assertMatch(stderr, new RegExp(`^web: stopped ${present}`, "m"));
});

Deno.test("what was reloaded by somebody else between a crash and the repair is reloaded back", async () => {
  await using own = await CrashSite.create("reload");
  const { site } = own;
  const old = await site.pidAt();
  await own.die("nginx -t#1", "deploy"); // the new nginx.conf is there
  const workers = site.nginx();
  Deno.kill(site.nginxMaster() ?? 0, "SIGHUP"); // as logrotate or certbot do
  await until(
    "it has new workers",
    () => site.nginx().some((pid) => !workers.includes(pid)),
  );
  await until("they serve", async () => await site.pidAt() !== old);
  const { stderr } = await site.deploy("start");
  assertMatch(stderr, /undid the deploy of/);
  assertEquals(await site.pidAt(), old);
  await own.assertWhole();
  await own.assertNothingFailed();
});

Deno.test("an old instance whose service has left deploy.conf meanwhile is stopped", async () => {
  const two = [serviceSection(), serviceSection({ name: "api" })];
  const locations = (other: string) =>
    `location / { <%= it.live.pass("web") %> } ${other}`;
  await using own = CrashSite.over(
    await Site.live({
      services: two,
      template: liveTemplate({
        locations: locations('location /api { <%= it.live.pass("api") %> }'),
      }),
    }).deployed(),
  );
  const { site } = own;
  const api = await site.pidAt("/api");
  await own.die("signal SIGTERM#1", "deploy");
  assert(isAlive(api));
  site.configure();
  site.write("nginx.conf.template", liveTemplate({ locations: locations("") }));
  await site.deploy();
  assertEquals(isAlive(api), false);
});

Deno.test("a journal whose pid file has lost its directory is undone all the same", async () => {
  const site = await Site.classic({
    pidFile: "run/web.pid",
    files: { "run/.keep": "" },
  }).deployed();
  await using own = CrashSite.over(site);
  const old = await site.pidAt();
  await own.die("write journal.json#4", "deploy");
  Deno.removeSync(site.path("run"), { recursive: true });
  site.configure();
  const { code, stderr } = await site.zdd("start");
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /Cannot write ".*run\/web\.pid"/);
  assertMatch(stderr, /undid the deploy of/);
  assertEquals(await site.pidAt(), old);
  await own.assertWhole();
});

Deno.test("a line of the history that was cut off doesn't take the next one with it", async () => {
  await using site = await Site.live().deployed();
  const text = site.read(".zdd/history.jsonl");
  site.write(".zdd/history.jsonl", text + text.slice(0, 20));
  await site.deploy();
  const { stdout } = await site.deploy("history", "--json");
  assertEquals(JSON.parse(stdout).length, 2);
});
