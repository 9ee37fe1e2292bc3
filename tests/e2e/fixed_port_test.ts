import { assert, assertEquals, assertMatch } from "@std/assert";
import { liveTemplate, serviceSection } from "../support/project.ts";
import { freePort } from "../support/free_port.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";
import { isAlive } from "../support/processes.ts";

const TWO = 'location / { <%= it.live.pass("web") %> }\n' +
  'location /db { <%= it.live.pass("db") %> }';

Deno.test("a service with a fixed port is started once and never replaced", async () => {
  const port = String(freePort());
  await using site = Site.live({
    services: [serviceSection(), serviceSection({ name: "db", port })],
    template: liveTemplate({ locations: TWO }),
  });
  await site.deploy();
  const [web, db] = [await site.pidAt(), await site.pidAt("/db")];
  for (let i = 0; i < 2; i++) {
    const { stderr } = await site.deploy();
    assert(!/^db: (started|stopped)/m.test(stderr), stderr);
    assertEquals(await site.pidAt("/db"), db);
  }
  assert(await site.pidAt() !== web);
  const { code, stdout } = await site.zdd("status");
  assertEquals(code, 0);
  assertMatch(stdout, new RegExp(`db +serving +${db} +127.0.0.1:${port}`));

  // Alone, too: there is nothing to do.
  const { stdout: json } = await site.deploy(
    ...["deploy", "--service", "db", "--json"],
  );
  assertEquals(JSON.parse(json).changed, false);
  assertEquals(await site.pidAt("/db"), db);
});

Deno.test("a service with a fixed port that has died is started again", async () => {
  const port = String(freePort());
  await using site = Site.live({ port });
  await site.deploy();
  const first = await site.pidAt();
  Deno.kill(first, "SIGKILL");
  await until("it is gone", () => !isAlive(first));
  assertEquals((await site.zdd("status")).code, 1);
  await site.deploy();
  assert(await site.pidAt() !== first);
  await site.deploy("stop", "--nginx");
  await site.untilProcesses([]);
});

Deno.test("a fixed port that another program has fails the start, and says so", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  await using site = Site.live({ port: `${port}`, start: "sleep 1000" });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    new RegExp(
      `web didn't start: another program listens on 127.0.0.1:${port}`,
    ),
  );
  await site.untilProcesses([]);
});

Deno.test("a fixed port can't have several instances", async () => {
  await using site = Site.live({
    port: "1234",
    start: "true",
    lines: ["instances: 2"],
  });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 2);
  assertMatch(stderr, /expected 1 for a service with a fixed port, got "2"/);
});

Deno.test("a service that gets a fixed port later moves there", async () => {
  const port = String(freePort());
  await using site = Site.live();
  await site.deploy();
  const before = await site.pidAt();
  site.configure({ port });
  await site.deploy();
  const { stdout } = await site.zdd("status");
  assertMatch(stdout, new RegExp(`web +serving +\\d+ +127.0.0.1:${port}`));
  assert(await site.pidAt() !== before);
});
