import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import {
  deployConf,
  liveTemplate,
  serviceSection,
} from "../support/project.ts";

/** A deploy.conf whose deploys wait after the switch until the test has done what it wants. */
function verifying(site: Site, path: string, timeout: number): string {
  return deployConf({
    services: [serviceSection()],
    deploy: [
      `verify: http://127.0.0.1:${site.port}${path}`,
      `verify_timeout: ${timeout}`,
    ],
  });
}

/** What must be as it was. */
async function look(site: Site) {
  return {
    pids: await site.pidsAt("/", 30),
    servers: site.servers(),
    nginx: site.nginx(),
    conf: site.read("nginx.conf"),
  };
}

for (const slot of ["a", "b"]) {
  Deno.test(`a release that doesn't verify is taken back without a failed request, from slot ${slot}`, async () => {
    await using site = await Site.live().deployed();
    if (slot === "a") await site.deploy();
    const before = await look(site);
    await using load = await site.load();
    site.write("deploy.conf", verifying(site, "/fail", 1));
    const { code, stderr } = await site.zdd();
    const { answers } = await load.stopWithoutFailure();
    assertEquals(code, 1);
    assertMatch(
      stderr,
      /\/fail didn't succeed .* last: 503 "not today"/,
    );
    assertEquals(answers.length, 2); // it did serve meanwhile
    assertEquals(await look(site), before);
    assertEquals(site.exists(".zdd/journal.json"), false);
  });
}

Deno.test("SIGTERM after the live switch goes back without a failed request", async () => {
  await using site = await Site.live().deployed();
  const before = await look(site);
  site.write("deploy.conf", verifying(site, "/slow?600000", 600));
  await using load = await site.load();
  const deploy = site.start();
  await deploy.printed("web: switched to");
  assert(await site.pidAt() !== before.pids[0]);
  deploy.kill("SIGTERM");
  const { code, stderr } = await deploy.outcome();
  assertEquals(code, 1, stderr);
  assertEquals(await look(site), before);
  await load.stopWithoutFailure();
});

Deno.test("a template that nginx refuses leaves a live site as it was", async () => {
  await using site = await Site.live().deployed();
  const before = await look(site);
  site.write("nginx.conf.template", liveTemplate({ http: "nonsense on;" }));
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(stderr, /unknown directive "nonsense"/);
  assertEquals(await look(site), before);
});
