import { assertEquals } from "@std/assert";
import { Load } from "../support/load.ts";
import { Site } from "../support/site.ts";

const CLIENTS = 20;
const DEPLOYS = 3;

// At a reload an nginx before 1.27.4 closes idle connections of clients, be a
// request on its way or not. zdd can't prevent that with a reload; it says so.
Deno.test("a reload fails only requests on connections that are used again; how many, is told", async () => {
  await using site = await Site.classic().deployed();
  const load = { url: `http://127.0.0.1:${site.port}/`, expect: /^v1 \d+ / };
  await using keeping = await Load.start({ ...load, clients: CLIENTS });
  await using closing = await Load.start({
    ...load,
    clients: 5,
    pause: 20,
    keepAlive: false,
    methods: ["GET", "POST"],
  });
  const instances = new Set([await site.pidAt()]);
  for (let i = 0; i < DEPLOYS; i++) {
    await site.deploy();
    instances.add(await site.pidAt());
  }
  const kept = await keeping.stop();
  const closed = await closing.stop();

  report(
    `${await nginxVersion()}: ${kept.failed} of ${kept.requests} requests of ` +
      `${CLIENTS} keep-alive clients were cut by ${DEPLOYS} reloads, ` +
      `${closed.failed} of ${closed.requests} of those that close`,
  );
  assertEquals(closed.failures, []);
  assertEquals(kept.failures.filter(({ reused }) => !reused), []);
  assertEquals(kept.failedReused, kept.failed);
  assertEquals(Object.keys(kept.status), ["200"]);
  assertEquals(instances.size, 1 + DEPLOYS);
});

async function nginxVersion(): Promise<string> {
  const { stderr } = await new Deno.Command("nginx", { args: ["-v"] }).output();
  return /nginx\/\S+/.exec(new TextDecoder().decode(stderr))?.[0] ?? "nginx";
}

/** The figure is for whoever reads the test's output. */
function report(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}
