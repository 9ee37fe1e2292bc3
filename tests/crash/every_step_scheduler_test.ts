import { assert, assertEquals } from "@std/assert";
import { messageOf } from "../../lib/error.ts";
import { exists } from "../../lib/system/files.ts";
import { isAlive } from "../support/processes.ts";
import { onlyOnce } from "../support/only_once.ts";
import { serviceSection } from "../support/project.ts";
import { Site } from "../support/site.ts";
import { CrashSite, markedInstances } from "./crash_site.ts";

// A scheduler that must never run twice notices by itself if it does. It must be there
// whenever zddeploy has repaired what a killed one has left.

/** What a deploy is killed in, and whether it would have failed. */
const CASES = [
  { what: "a deploy", fails: false },
  { what: "the undoing of a deploy", fails: true },
];

for (const { what, fails } of CASES) {
  Deno.test(`${what}, killed at every step, never runs a scheduler twice`, async () => {
    await using site = Site.create();
    const own = await prepare(site, fails);
    const status = fails ? 1 : 0;
    const acts = await own.actsWith(status, "deploy");
    const places = acts.slice(fails ? acts.indexOf("signal SIGTERM#1") + 1 : 0)
      .flatMap((act) => act.startsWith("start#") ? [act, `${act}+20`] : [act]);
    assert(places.length > 5, `few steps: ${acts}`);
    let deaths = 0;
    for (const [i, where] of places.entries()) {
      try {
        if (await own.dies(where, status, "deploy")) deaths++;
        assertOnce(site);
        if (fails) Deno.removeSync(site.path("fail"));
        await site.deploy(i % 2 === 0 ? "start" : "deploy");
        if (fails) site.write("fail", "");
        assertWhole(own);
      } catch (error) {
        const message = `killed at "${where}": ${messageOf(error)}`;
        throw new Error(message, { cause: error });
      }
    }
    assert(deaths > places.length / 2, `${deaths} of ${places.length} died`);
  });
}

async function prepare(site: Site, fails: boolean): Promise<CrashSite> {
  site.write("nginx.conf.template", EMPTY);
  site.write("scheduler.sh", onlyOnce(site.path("")));
  site.configure({
    deploy: ["before_switch: test ! -e fail"],
    services: [
      serviceSection({
        name: "scheduler",
        port: "none",
        start: "sh scheduler.sh",
        lines: ["replace: stop-first", "settle: 0.05"],
      }),
    ],
  });
  await site.deploy();
  if (fails) site.write("fail", "");
  return CrashSite.over(site);
}

const EMPTY = "pid {nginx_pid_filename};\nerror_log error.log;\nevents {}\n";

function assertOnce(site: Site): void {
  assert(!exists(site.path("twice")), "a scheduler ran twice");
}

function assertWhole(own: CrashSite): void {
  assertOnce(own.site);
  const { scheduler } = own.state().services;
  const { current = [], retiring = [] } = scheduler ?? {};
  assertEquals([current.length, retiring], [1, []]);
  assert(current.every(({ process }) => isAlive(process.pid)));
  assertEquals(markedInstances(own.site), current.map(({ id }) => id));
}
