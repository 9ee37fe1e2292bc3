import { assert, assertEquals, assertMatch } from "@std/assert";
import { Client } from "../support/client.ts";
import { Site } from "../support/site.ts";
import { isAlive } from "../support/processes.ts";

// The tests' server dies at once when it is stopped: whatever it had not answered
// by then is lost.

Deno.test("requests in flight during a deploy are answered by the old instance", async () => {
  await using site = await Site.classic().deployed();
  const old = await site.pidAt();
  const slow = [3000, 3500, 4000, 4500].map((ms) => site.slowPid(ms));
  await site.untilSlow(slow.length);
  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`web: stopped ${old}`));
  assertEquals(await Promise.all(slow), slow.map(() => old));
  assertEquals(isAlive(old), false);
});

Deno.test("a client that the old instance was too busy to accept is answered by it", async () => {
  await using site = await Site.live({
    port: "file",
    lines: ["env: BACKLOG=1"],
  })
    .deployed();
  const old = await site.pidAt();
  Deno.kill(old, "SIGSTOP");
  // More than may wait: the kernel drops the others' packets, and sends them again later.
  const answers = Array.from({ length: 8 }, () => site.pidAt());
  await site.untilConnected(answers.length);
  const deploy = site.start();
  await deploy.printed("web: switched to");
  Deno.kill(old, "SIGCONT");
  assertEquals(await Promise.all(answers), answers.map(() => old));
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 0, stderr);
  assertEquals(isAlive(old), false);
});

Deno.test("a server that dies at once when stopped loses nothing under load", async () => {
  await using site = await Site.classic().deployed();
  await using load = await site.load({ keepAlive: false, pause: 0 });
  for (let i = 0; i < 3; i++) await site.deploy();
  await load.stopWithoutFailure();
});

for (
  const { name, first } of [
    { name: "connected", first: "" },
    { name: "sent half its header", first: "GET / HTTP/1.1\r\nHost: lo" },
    {
      name: "sent half its body",
      first: "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
        "Content-Length: 10\r\n\r\nhello",
    },
  ]
) {
  const whole = first.startsWith("POST")
    ? `${first}world`
    : "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

  Deno.test(`a client that had ${name} before the reload is answered`, async () => {
    await using site = await Site.classic().deployed();
    const old = await site.pidAt();
    const workers = site.activeWorkers();
    using client = await Client.connect(site.port);
    await client.send(first);
    const deploy = site.start();
    await deploy.printed("nginx: reloaded");
    assert(!site.activeWorkers().some((pid) => workers.includes(pid)));
    // Long enough for a deploy that doesn't wait for this client to be over.
    await new Promise((resolve) => setTimeout(resolve, 1000));

    await client.send(whole.slice(first.length));
    assertMatch(
      await client.rest(),
      new RegExp(`^HTTP/1.1 200 [^]*v1 ${old} `),
    );
    const { code, stderr } = await deploy.outcome();
    assertEquals(code, 0, stderr);
    assertEquals(isAlive(old), false);
  });
}

Deno.test("a client that never finishes holds the deploy for drain_timeout only", async () => {
  await using site = await Site.classic({ lines: ["drain_timeout: 1"] })
    .deployed();
  const old = await site.pidAt();
  using client = await Client.connect(site.port);
  await client.send("GET /slow?600000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await site.untilSlow(1);
  const { stderr } = await site.deploy();
  assertMatch(
    stderr,
    new RegExp(
      `warning: ${old} still has 1 connection.* after 1(\\.\\d)? s; stopping it`,
    ),
  );
  assertMatch(stderr, new RegExp(`web: stopped ${old}`));
  assertMatch(await client.rest(), /^HTTP\/1.1 502 /);
});
