import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  isAlive,
  liveConf,
  liveService,
  liveSite,
  liveTemplate,
  pidAt,
} from "../support/live_site.ts";
import { ANY_SERVER, anyConf, anySite } from "../support/any_site.ts";
import { freePort, until } from "../support/site.ts";
import { untilProcesses } from "./web_site.ts";

const TWO = 'location / { <%= it.live.pass("web") %> }\n' +
  'location /db { <%= it.live.pass("db") %> }';

function fixed(name: string, port: number, ...lines: string[]): string {
  return [
    `[service:${name}]`,
    `port: ${port}`,
    `start: ${ANY_SERVER} 127.0.0.1:${port}`,
    ...lines,
  ].join("\n") + "\n";
}

Deno.test("a service with a fixed port is started once and never replaced", async () => {
  const port = freePort();
  await using site = liveSite(
    liveConf([liveService(), fixed("db", port)]),
    liveTemplate(TWO),
  );
  await site.deploy();
  const [web, db] = [await pidAt(site), await pidAt(site, "/db")];
  for (let i = 0; i < 2; i++) {
    const { stderr } = await site.deploy();
    assert(!/^db: (started|stopped)/m.test(stderr), stderr);
    assertEquals(await pidAt(site, "/db"), db);
  }
  assert(await pidAt(site) !== web);
  const { code, stdout } = await site.zdd("status");
  assertEquals(code, 0);
  assertMatch(stdout, new RegExp(`db +serving +${db} +127.0.0.1:${port}`));

  // Alone, too: there is nothing to do.
  const { stdout: json } = await site.deploy(
    ...["deploy", "--service", "db", "--json"],
  );
  assertEquals(JSON.parse(json).changed, false);
  assertEquals(await pidAt(site, "/db"), db);
});

Deno.test("a service with a fixed port that has died is started again", async () => {
  const port = freePort();
  await using site = anySite([
    `port: ${port}`,
    `start: ${ANY_SERVER} 127.0.0.1:${port}`,
  ]);
  await site.deploy();
  const first = await pidAt(site);
  Deno.kill(first, "SIGKILL");
  await until("it is gone", () => !isAlive(first));
  assertEquals((await site.zdd("status")).code, 1);
  await site.deploy();
  assert(await pidAt(site) !== first);
  await site.deploy("stop", "--nginx");
  await untilProcesses(site, []);
});

Deno.test("a fixed port that another program has fails the start, and says so", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  await using site = anySite([
    `port: ${port}`,
    "start: sleep 1000",
  ]);
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    new RegExp(
      `web didn't start: another program listens on 127.0.0.1:${port}`,
    ),
  );
  await untilProcesses(site, []);
});

Deno.test("a fixed port can't have several instances", async () => {
  await using site = anySite(["port: 1234", "start: true", "instances: 2"]);
  const { code, stderr } = await site.zdd();
  assertEquals(code, 2);
  assertMatch(stderr, /expected 1 for a service with a fixed port, got "2"/);
});

Deno.test("a service that gets a fixed port later moves there", async () => {
  const port = freePort();
  await using site = anySite([
    "port: env",
    `start: ${ANY_SERVER} 127.0.0.1:{port}`,
  ]);
  await site.deploy();
  const before = await pidAt(site);
  site.write(
    "deploy.conf",
    anyConf([`port: ${port}`, `start: ${ANY_SERVER} 127.0.0.1:${port}`]),
  );
  await site.deploy();
  const { stdout } = await site.zdd("status");
  assertMatch(stdout, new RegExp(`web +serving +\\d+ +127.0.0.1:${port}`));
  assert(await pidAt(site) !== before);
});
