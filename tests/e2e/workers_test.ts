import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Clients } from "../support/coming_back.ts";
import { QueueSite } from "../support/queue_site.ts";
import { hasRedis } from "../support/redis.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";

const JOBS = "each job of a queue is done exactly once over two deploys";

Deno.test({
  name: JOBS,
  ignore: !hasRedis(JOBS),
  async fn() {
    await using own = await QueueSite.create(0.05);
    const { site, redis } = own;
    await site.deploy();
    await using load = await site.load({
      clients: 2,
      methods: ["GET"],
      expect: /^worker, pid \d+, version \d\n$/,
    });
    const names = Array.from({ length: 120 }, (_, i) => `job-${i}`);
    await redis.ask("lpush", "jobs", ...names);
    for (const version of [2, 3]) {
      own.release(version);
      const { stderr } = await site.deploy();
      assertEquals(stderr.match(/^worker: stopped \d+/gm)?.length, 2, stderr);
    }
    await redis.ask("lpush", "jobs", "the-last");
    const { done, versions, left } = await own.untilDone();
    await load.stopWithoutFailure();
    assertEquals(left, []);
    assertEquals([...done.keys()].sort(), [...names, "the-last"].sort());
    assertEquals([...done].filter(([, times]) => times !== 1), []);
    assert(versions.size > 1, "all was done by one version");
  },
});

Deno.test("websocket clients are asked to come back, one after the other, and none is cut off", async () => {
  await using site = Site.fromSample("websocket");
  const server = site.read("server.ts");
  site.write("server.ts", server.replace("10_000", "1_000"));
  await site.deploy();
  using clients = await Clients.connect(`ws://127.0.0.1:${site.port}/`, 40);
  assertEquals(clients.count("1"), 40);

  site.write("server.ts", server.replace('VERSION = "1"', 'VERSION = "2"'));
  const { stderr } = await site.deploy();
  await until("all are back", () => clients.count("2") === 40);
  const { asked, cut, opened } = clients.seen;
  assertEquals([asked, cut, clients.count()], [40, 0, 40]);
  const [first = 0] = opened.get("2") ?? [];
  const last = opened.get("2")?.at(-1) ?? 0;
  assert(last - first >= 900, `all came within ${last - first} ms`);
  assertStringIncludes(stderr, "web: retired ");
  assertStringIncludes(stderr, "web: drained ");
});
