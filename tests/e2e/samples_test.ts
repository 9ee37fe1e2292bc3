import { assert, assertEquals, assertMatch } from "@std/assert";
import { hasNoFailure, Wrk } from "../support/wrk.ts";
import { Site } from "../support/site.ts";

const DEPLOYS = 10;

/** How many processes an instance of each sample is. */
const SAMPLES = { gunicorn: 3, twisted: 1, node: 1 };
/** nginx's master and its two workers. */
const NGINX = 3;

for (const [name, processes] of Object.entries(SAMPLES)) {
  Deno.test(`${name}: ten deploys under load lose nothing and leave nothing`, async () => {
    await using site = Site.fromSample(name);
    const first = await site.deploy();
    assertMatch(first.stderr, /nginx: started \d+/);
    await site.untilCount(NGINX + processes);

    await using wrk = await Wrk.start(`http://127.0.0.1:${site.port}/`);
    const instances = new Set([await instancePid(site)]);
    for (let i = 0; i < DEPLOYS; i++) {
      const { stderr } = await site.deploy();
      assertMatch(stderr, new RegExp(`${name}: stopped \\d+`));
      instances.add(await instancePid(site));
    }
    const report = await wrk.stop();

    assert(hasNoFailure(report), JSON.stringify(report));
    assertEquals(instances.size, 1 + DEPLOYS);
    await site.untilCount(NGINX + processes);
  });
}

/** The pid that a sample's answer names. */
async function instancePid(site: Site): Promise<string> {
  const { text } = await site.get();
  const pid = /, pid (\d+),/.exec(text)?.[1];
  if (pid === undefined) throw new Error(`Expected a pid, got "${text}"`);
  return pid;
}
