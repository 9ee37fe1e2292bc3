import { assert, assertEquals, assertMatch } from "@std/assert";
import { Websocket } from "../support/websocket.ts";
import { Client } from "../support/client.ts";
import { Site } from "../support/site.ts";
import { isAlive } from "../support/processes.ts";
import {
  classicTemplate,
  liveTemplate,
  serviceSection,
} from "../support/project.ts";
import { until } from "../support/until.ts";

const CUTOVERS = 10;

Deno.test("live cutovers fail no request of clients that keep their connections", async () => {
  await using site = await Site.live().deployed();
  const nginx = site.nginx();
  const pids = [await site.pidAt()];
  await using load = await site.load();
  for (let i = 0; i < CUTOVERS; i++) {
    const { stderr } = await site.deploy();
    pids.push(await site.pidAt());
    assertMatch(stderr, new RegExp(`^web: stopped ${pids.at(-2)} `, "m"));
    assert(!stderr.includes("nginx: reloaded"), stderr);
  }
  const { answers, connections, closedIdle } = await load.stopWithoutFailure();

  assertEquals(new Set(pids).size, 1 + CUTOVERS);
  assertEquals(answers.map(({ text }) => Number(text)), pids);
  // The old one's last answers are those that were under way at the switch.
  for (const [i, { last }] of answers.entries()) {
    const next = answers[i + 2];
    assert(next === undefined || last < next.first, JSON.stringify(answers));
  }
  assertEquals([connections, closedIdle], [20, 0]);
  assertEquals(site.nginx(), nginx);
  assertEquals(site.servers(), [pids.at(-1)]);
});

Deno.test("websockets on the old instance live on until they end", async () => {
  await using site = await Site.live({ lines: ["drain_timeout: 600"] })
    .deployed();
  const nginx = site.nginx();
  const old = await site.pidAt();
  using one = await Websocket.open(site.port);
  using other = await Websocket.open(site.port);
  assertEquals(await one.ask("one"), `${old} one`);

  const deploy = site.start();
  await deploy.printed("web: switched to");
  const current = await site.pidAt();
  assert(current !== old);
  using late = await Websocket.open(site.port);
  assertEquals(await late.ask("late"), `${current} late`);
  assertEquals(await one.ask("still"), `${old} still`);
  assertEquals(await other.ask("still"), `${old} still`);
  assertEquals(site.nginx(), nginx);

  one[Symbol.dispose]();
  assertEquals(await other.ask("alone"), `${old} alone`);
  other[Symbol.dispose]();
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 0, stderr);
  assertMatch(stderr, new RegExp(`web: stopped ${old}`));
  assertEquals(await late.ask("on"), `${current} on`);
  assertEquals(isAlive(old), false);
});

Deno.test("websockets that never end are closed after drain_timeout, without an old nginx worker", async () => {
  await using site = await Site.live({ lines: ["drain_timeout: 1"] })
    .deployed();
  const nginx = site.nginx();
  const sockets: Websocket[] = [];
  for (let i = 0; i < 3; i++) {
    const old = await site.pidAt();
    const socket = await Websocket.open(site.port);
    sockets.push(socket);
    const { stderr } = await site.deploy();
    assertMatch(stderr, new RegExp(`warning: ${old} still has 1 connection`));
    await socket.closed();
    assertEquals(isAlive(old), false);
    assertEquals(site.nginx(), nginx);
  }
  for (const socket of sockets) socket[Symbol.dispose]();
});

Deno.test("slow requests across the switch are answered by the instance they reached", async () => {
  await using site = await Site.live().deployed();
  const old = await site.pidAt();
  const slow = [1000, 2000, 3000].map((ms) => site.pidAt(`/slow?${ms}`));
  await site.untilSlow(3);
  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`web: stopped ${old}`));
  assertEquals(await Promise.all(slow), slow.map(() => old));
});

for (const port of ["env", "socket", "file", "file-socket"] as const) {
  Deno.test(`an upload that begins before the switch and ends behind it is answered, port: ${port}`, async () => {
    await using site = await Site.live({ port }).deployed();
    const old = await site.pidAt();
    using client = await Client.connect(site.port);
    await client.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
        "Content-Length: 10\r\n\r\nhello",
    );
    const deploy = site.start();
    await deploy.printed("web: switched to");
    // Nobody is connected to the old one, and it goes; or it waits for the upload.
    const pause = new Promise((resolve) => setTimeout(resolve, 2000));
    await Promise.race([deploy.outcome(), pause]);
    await client.send("world");
    assertMatch(
      await client.rest(),
      new RegExp(`^HTTP/1.1 200 [^]*v1 (${old}|${await site.pidAt()}) 10\n`),
    );
    const { code, stderr } = await deploy.outcome();
    assertEquals(code, 0, stderr);
    assertEquals(isAlive(old), false);
  });
}

Deno.test("a template mixes live and classic services", async () => {
  const location = 'location / { <%= it.live.pass("web") %> }\n' +
    "location /old { proxy_pass http://127.0.0.1:{old}; }";
  await using site = await Site.live({
    services: [serviceSection(), serviceSection({ name: "old", port: "file" })],
    template: liveTemplate({ locations: location }),
  }).deployed();
  const before = [await site.pidAt(), await site.pidAt("/old")];
  const nginx = site.nginx();
  await using load = await site.load();
  const live = await site.deploy("deploy", "--service", "web");
  await load.stopWithoutFailure();
  assert(!live.stderr.includes("nginx: reloaded"), live.stderr);
  assertEquals(site.nginx(), nginx);

  const both = await site.deploy();
  assertMatch(both.stderr, /nginx: reloaded/);
  assertMatch(both.stderr, /web: switched to/);
  const after = [await site.pidAt(), await site.pidAt("/old")];
  assertEquals(before.filter((pid) => after.includes(pid) || isAlive(pid)), []);
});

Deno.test("a reload by somebody else is harmless, in the middle of a deploy too", async () => {
  await using site = await Site.live().deployed();
  const master = site.nginxMaster() ?? 0;
  Deno.kill(master, "SIGHUP");
  const { stderr } = await site.deploy();
  assert(!stderr.includes("nginx: reloaded"), stderr);
  const old = await site.pidAt();
  const deploy = site.start();
  await deploy.printed("web: started");
  Deno.kill(master, "SIGHUP");
  const { code, stderr: words } = await deploy.outcome();
  assertEquals(code, 0, words);
  assert(await site.pidAt() !== old);
  assertEquals((await site.zdd("status")).code, 0);
});

Deno.test("an nginx that is started by hand finds who serves, without zdd", async () => {
  await using site = await Site.live().deployed();
  await site.deploy(); // slot b, so that finding it takes the links
  const serving = await site.pidAt();
  Deno.kill(site.nginxMaster() ?? 0, "SIGQUIT");
  await until("nginx is gone", () => site.nginx().length === 0);
  const conf = site.path("nginx.conf");
  const { success } = await site.command("nginx", "-c", conf).output();
  assert(success);
  await until("nginx is there", () => site.nginxMaster() !== undefined);
  assertEquals(await site.pidAt(), serving);
  assertEquals((await site.zdd("status")).code, 0);

  // zdd hasn't seen it use the file, so it makes sure, once.
  assertMatch((await site.deploy()).stderr, /nginx: reloaded/);
  assert(!(await site.deploy()).stderr.includes("nginx: reloaded"));
});

for (const port of ["env", "file"] as const) {
  Deno.test(`a template that becomes live and classic again loses nothing, port: ${port}`, async () => {
    await using site = await Site.live({ port, template: classicTemplate() })
      .deployed();
    // Reloads close idle connections (before nginx 1.27.4), so no one keeps theirs here.
    await using load = await site.load({ keepAlive: false, clients: 5 });
    let before = await site.pidAt();
    const turns = [liveTemplate(), liveTemplate(), classicTemplate()];
    for (const template of [...turns, classicTemplate(), ...turns]) {
      site.write("nginx.conf.template", template);
      await site.deploy();
      const now = await site.pidAt();
      assert(now !== before);
      before = now;
    }
    await load.stopWithoutFailure();
  });
}

Deno.test("a service that lets zdd choose its port, and then chooses it again, loses nothing", async () => {
  await using site = await Site.live().deployed();
  await using load = await site.load({ keepAlive: false, clients: 5 });
  for (const port of ["file", "env", "env", "file-socket", "socket"] as const) {
    site.configure({ port });
    await site.deploy();
  }
  await load.stopWithoutFailure();
  assertEquals(site.servers(), [await site.pidAt()]);
});
