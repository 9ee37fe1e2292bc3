import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { isAlive } from "../support/processes.ts";

// A state that can't be read says nothing: what serves is what nginx passes requests to,
// not what was started last.

const SITES: { kind: string; create: () => Site }[] = [
  {
    kind: "by a reload",
    create: () => Site.classic({ lines: ["standby: yes"] }),
  },
  {
    kind: "live, by slots",
    create: () => Site.live({ port: "env", lines: ["standby: yes"] }),
  },
  {
    kind: "live, by addresses",
    create: () => Site.live({ port: "file", lines: ["standby: yes"] }),
  },
];

for (const { kind, create } of SITES) {
  Deno.test(`what serves is found after a rollback and a broken state (${kind})`, async () => {
    await using site = create();
    await site.deploy();
    const first = await site.pidAt();
    await site.deploy();
    const second = await site.pidAt();
    await site.deploy("rollback");
    assertEquals(await site.pidAt(), first);
    Deno.writeTextFileSync(site.path(".zdd/state.json"), "{");
    const { stderr } = await site.deploy("start");
    assertMatch(stderr, new RegExp(`web: found ${first} on `));
    assertEquals(await site.pidAt(), first);
    assertEquals(await site.pidsOf("serving"), [first]);
    assert(isAlive(first));
    assert(!isAlive(second), "the one that doesn't serve is stopped");
    assertEquals((await site.zdd("status")).code, 0);
  });
}
