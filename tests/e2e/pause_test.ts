import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openConnections } from "../../lib/system/connections.ts";
import { Site } from "../support/site.ts";
import { Websocket } from "../support/websocket.ts";
import { liveTemplate } from "../support/project.ts";
import { until } from "../support/until.ts";

const MIGRATING = fromFileUrl(
  new URL("../support/migrating.mjs", import.meta.url),
);

/** What no request may meet. */
const MIGRATE = "touch migrating; sleep 0.5; rm migrating; echo migrated";

/** A site with a standby, whose server must not be asked while there is a file `migrating`. */
function migratingSite(port = "env"): Site {
  const start = `node ${MIGRATING} 1${port === "file" ? " web.pid" : ""}`;
  return Site.live({ port, start, lines: ["standby: yes"] });
}

for (const port of ["env", "socket", "file"]) {
  Deno.test(`requests wait while a command runs, port: ${port}`, async () => {
    await using site = await migratingSite(port).deployed();
    await site.deploy(); // so that all three slots but one are taken
    const nginx = site.nginx();
    await using load = await site.load({ clients: 40, expect: /^ok \d+ 1\n$/ });
    const { stdout, stderr } = await site.deploy(
      ...["pause", "--json", "--", "sh", "-c", MIGRATE],
    );
    const { held, lost } = JSON.parse(stdout);
    assert(held > 0, stderr);
    assertEquals(lost, 0);
    assertMatch(stderr, /^pause: migrated$/m);
    await load.stopWithoutFailure();
    assertEquals(site.nginx(), nginx);
    assert(!site.exists(".zdd/live/steering"));
  });
}

/** A pause whose command has begun, and takes its time. */
async function startPause(site: Site): Promise<ReturnType<Site["start"]>> {
  const command = ["sh", "-c", "touch begun; sleep 30"];
  const pausing = site.start("pause", "--", ...command);
  await until("the command runs", () => site.exists("begun"));
  return pausing;
}

/** How many requests are held of those that would go to a site's slot a. */
function held(site: Site): number {
  return openConnections({ path: site.path(".zdd/live/.held/zdd_web_a") });
}

Deno.test("requests go on at once if zddeploy is killed, and the next run says so", async () => {
  await using site = await migratingSite().deployed();
  await using load = await site.load({ clients: 10, expect: /^ok \d+ 1\n$/ });
  const pausing = await startPause(site);
  assert(site.exists(".zdd/live/steering/hold"));
  pausing.kill("SIGKILL");
  await until("requests go on", () => !site.exists(".zdd/live/steering/hold"));
  await site.get();
  await load.stopWithoutFailure();
  const { stderr } = await site.deploy("start");
  assertMatch(stderr, /^zdd: undid the deploy of .*, which had died/m);
});

for (const port of ["env", "file"]) {
  Deno.test(`requests go on if zddeploy and the process that holds them are killed, port: ${port}`, async () => {
    await using site = await migratingSite(port).deployed();
    const before = await site.pidsOf("serving");
    const pausing = await startPause(site);
    const waiting = site.get();
    await until("it is held", () => held(site) > 0);
    for (const holder of site.holders()) Deno.kill(holder, "SIGSTOP");
    pausing.kill("SIGKILL");
    for (const holder of site.holders()) Deno.kill(holder, "SIGKILL");
    // nginx asks the slot in its place, if there is one: it is a GET.
    const { status } = await waiting;
    if (port === "env") assertEquals(status, 200);
    await until("new ones go on", async () => {
      return (await site.get()).status === 200;
    });
    assert(site.exists(".zdd/live/steering/hold"));
    await site.deploy("start");
    assert(!site.exists(".zdd/live/steering"));
    assertEquals(await site.pidsOf("serving"), before);
  });
}

Deno.test("requests wait no longer than --max, and the command is told to end", async () => {
  await using site = await migratingSite().deployed();
  await using load = await site.load({ clients: 10, expect: /^ok \d+ 1\n$/ });
  const { code, stderr } = await site.zdd(
    ...["pause", "--max", "6", "--"],
    ...["sh", "-c", "trap 'touch ended; exit' TERM; sleep 60 & wait"],
  );
  assertEquals(code, 1);
  assertMatch(stderr, /The pause took longer than --max, 6 s/);
  assert(site.exists("ended"));
  await load.stopWithoutFailure();
  assert(!site.exists(".zdd/live/steering"));
});

Deno.test("a command that fails, or is interrupted, lets requests go on", async () => {
  await using site = await migratingSite().deployed();
  const failed = await site.zdd("pause", "--", "sh", "-c", "echo no; exit 3");
  assertEquals(failed.code, 1);
  assertMatch(
    failed.stderr,
    /pause failed: "sh -c .*" ended with exit status 3/,
  );
  const trap = "trap 'touch ended; exit' TERM; touch begun; sleep 60 & wait";
  const pausing = site.start("pause", "--", "sh", "-c", trap);
  await until("the command runs", () => site.exists("begun"));
  const waiting = site.get();
  await until("it is held", () => held(site) > 0);
  pausing.kill("SIGINT");
  const { code, stderr } = await pausing.outcome();
  assertEquals(code, 1);
  assertMatch(stderr, /Interrupted by SIGINT/);
  assert(site.exists("ended"));
  assertEquals((await waiting).status, 200);
  assertEquals((await site.zdd("history", "--json")).code, 0);
});

Deno.test("websockets keep a service in use, and stay open with --wait", async () => {
  await using site = await Site.live().deployed();
  using socket = await Websocket.open(site.port);
  const { code, stderr } = await site.zdd("pause", "--max", "2", "--", "true");
  assertEquals(code, 1);
  assertMatch(stderr, /web is still in use, by 1 connection, after/);
  await site.deploy("pause", "--wait", "1.5", "--", "touch", "done");
  assert(site.exists("done"));
  assertMatch(await socket.ask("still here"), /still here/);
});

Deno.test("what nginx can't hold is refused with the way out", async () => {
  const template = liveTemplate({
    location: 'proxy_read_timeout 10s; <%= it.live.pass("web") %>',
  });
  await using site = await Site.live({ template }).deployed();
  const { code, stderr } = await site.zdd("pause", "--", "true");
  assertEquals(code, 2);
  assertMatch(
    stderr,
    /cannot be held for 30 s: proxy_read_timeout is 10 s \(nginx.conf.template:\d+\)/,
  );
  await site.deploy("pause", "--max", "9", "--", "true");
  await using classic = await Site.classic().deployed();
  const refused = await classic.zdd("pause", "--", "true");
  assertEquals(refused.code, 2);
  assertMatch(refused.stderr, /use <%= it\.live\.pass\("web"\) %>/);
});

for (const port of ["env", "file"]) {
  Deno.test(`deploy --pause puts a migration between two releases that fits only one each, port: ${port}`, async () => {
    const pidFile = port === "file" ? " web.pid" : "";
    const started = (version: number) => ({
      ...{ port, lines: ["standby: yes"] },
      start: `node ${MIGRATING} ${version}${pidFile}`,
      deploy: [`verify: http://127.0.0.1:%PORT%/`],
    });
    await using site = await Site.live(started(1)).deployed();
    await using load = await site.load({
      ...{ clients: 40, expect: /^ok \d+ [123]\n$/ },
    });
    for (const version of [2, 3]) {
      site.configure(started(version));
      const migrate = `${MIGRATE}; echo ${version} >schema`;
      const { stderr } = await site.deploy("deploy", "--pause", migrate);
      assertMatch(stderr, /^pause: migrated$/m);
      assertMatch(stderr, /^nginx: passed on [1-9]\d* held requests?/m);
      assertEquals((await site.get()).text.split(" ")[2], `${version}\n`);
    }
    await load.stopWithoutFailure();
  });
}

Deno.test("a migration that fails leaves the old release, which answers what was held", async () => {
  const start = `node ${MIGRATING}`;
  await using site = await Site.live({ start }).deployed();
  const pid = await site.pidAt();
  await using load = await site.load({ clients: 10, expect: /^ok \d+ 1\n$/ });
  const { code, stderr } = await site.zdd(
    ...["deploy", "--pause", "echo no such table; exit 1", "--max", "20"],
  );
  assertEquals(code, 1);
  assertMatch(stderr, /pause failed: ".*" ended with exit status 1/);
  assertMatch(stderr, /no such table/);
  assertEquals(await site.pidAt(), pid);
  await load.stopWithoutFailure();
  assert(!site.exists(".zdd/live/steering"));
  const refused = await site.zdd("deploy", "--max", "20");
  assertEquals(refused.code, 2);
});
