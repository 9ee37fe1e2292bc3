import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { isAlive } from "../support/processes.ts";
import { exists } from "../../lib/system/files.ts";
import { onlyOnce } from "../support/only_once.ts";
import { serviceSection } from "../support/project.ts";

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

for (const user of [undefined, "nobody"]) {
  Deno.test({
    name:
      `workers are found when the state is lost, and none runs twice (${user})`,
    ignore: user !== undefined && Deno.uid() !== 0,
    async fn() {
      await using site = Site.create();
      site.write("nginx.conf.template", "pid {nginx_pid_filename};\nevents {}");
      site.write("scheduler.sh", onlyOnce(site.path("")));
      for (const path of ["", "begun", "one.lock"]) {
        if (path !== "") site.write(path, "");
        Deno.chmodSync(site.path(path), 0o777);
      }
      site.configure({
        services: [
          serviceSection({
            name: "scheduler",
            port: "none",
            start: "sh scheduler.sh",
            lines: [
              "replace: stop-first",
              "settle: 0.05",
              ...user === undefined ? [] : [`user: ${user}`],
            ],
          }),
        ],
      });
      await site.deploy();
      const [first = 0] = await site.pidsOf("serving", "scheduler");
      Deno.removeSync(site.path(".zdd/state.json"));
      const { stderr } = await site.deploy("start");
      assertMatch(stderr, new RegExp(`scheduler: found ${first}$`, "m"));
      assertEquals(await site.pidsOf("serving", "scheduler"), [first]);
      Deno.writeTextFileSync(site.path(".zdd/state.json"), "{");
      await site.deploy();
      const [second = 0] = await site.pidsOf("serving", "scheduler");
      assert(isAlive(second) && !isAlive(first));
      assert(!exists(site.path("twice")), "it ran twice");
    },
  });
}
