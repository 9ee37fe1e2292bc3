import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { serviceSection } from "../support/project.ts";
import { isAlive } from "../support/processes.ts";

/** A site that has lost a service `worker`, of which an instance runs. */
async function withFormerService(): Promise<{ site: Site; worker: number }> {
  const both = ["web", "worker"].map((name) => serviceSection({ name }));
  const site = await Site.live({ services: both }).deployed();
  const [worker] = await site.pidsOf("serving", "worker");
  assert(worker !== undefined);
  site.configure();
  return { site, worker };
}

Deno.test("a service that has left deploy.conf runs on, and deploy and status tell of it", async () => {
  const { site, worker } = await withFormerService();
  await using _ = site;
  const note = `worker isn't in deploy.conf any more, but ${worker} still ` +
    "runs; zddeploy stop --service worker ends it";
  const { stderr } = await site.deploy();
  assert(stderr.includes(`warning: ${note}`), stderr);
  const { stdout } = await site.zdd("status");
  assert(stdout.includes(note), stdout);
  assert(isAlive(worker));
});

Deno.test("stop --service ends a service that has left deploy.conf, and nothing else", async () => {
  const { site, worker } = await withFormerService();
  await using _ = site;
  const { stderr } = await site.deploy("stop", "--service", "worker");
  assertMatch(stderr, new RegExp(`^worker: stopped ${worker} `, "m"));
  assert(!isAlive(worker));
  assertEquals((await site.pidsOf("serving")).length, 1);
  const next = await site.deploy();
  assert(!next.stderr.includes("worker"), next.stderr);
  const { code, stderr: refusal } = await site.zdd(
    "stop",
    "--service",
    "worker",
  );
  assertEquals(code, 2);
  assertMatch(refusal, /There is no service "worker"/);
});

Deno.test("stop ends services that have left deploy.conf too", async () => {
  const { site, worker } = await withFormerService();
  await using _ = site;
  const { stderr } = await site.deploy("stop");
  assertMatch(stderr, new RegExp(`^worker: stopped ${worker} `, "m"));
  assertMatch(stderr, /^web: stopped \d+ /m);
  assertEquals(site.servers(), []);
});
