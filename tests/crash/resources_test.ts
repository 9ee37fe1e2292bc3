import { assert, assertEquals, assertMatch } from "@std/assert";
import { CrashSite, type Switch } from "./crash_site.ts";
import { canMount, SmallSite } from "./small_site.ts";
import { type Site, ZDD } from "../support/site.ts";
import { liveTemplate } from "../support/project.ts";
import type { Outcome } from "../support/running_command.ts";

function test(name: string, body: () => Promise<void>): void {
  const reason = canMount ? "" : " (skipped: mounting isn't possible here)";
  Deno.test({ name: name + reason, ignore: !canMount, fn: body });
}

const FULL = "cat /dev/zero >small/ballast; true";
const SWITCHES: Switch[] = ["live", "reload"];

for (const kind of SWITCHES) {
  test(`on a full disk a deploy fails before anything happens (${kind})`, async () => {
    await using small = await SmallSite.create(kind, []);
    const { site } = small.own;
    const old = await site.pidAt();
    small.fill();
    for (const command of ["deploy", "start"]) {
      const { code, stderr } = await site.zdd(command);
      if (command === "start" && code === 0) continue; // it has nothing to do
      assertEquals(code, 1, stderr);
      assertMatch(
        stderr,
        /Cannot write ".*small\/zdd\/journal\.json": .*space/,
      );
    }
    assertEquals(await site.pidAt(), old);
    small.assertNothingHalf();
    small.empty();
    await site.deploy();
    await small.own.assertWhole();
  });

  for (const hook of ["before_switch", "after_switch"]) {
    test(`a disk that is full at ${hook} undoes the deploy or is a warning (${kind})`, async () => {
      await using small = await SmallSite.create(kind, []);
      const { site } = small.own;
      const old = await site.pidAt();
      const conf = site.read("deploy.conf");
      site.write(
        "deploy.conf",
        conf.replace("[deploy]", `[deploy]\n${hook}: ${FULL}`),
      );
      const { code, stderr } = await site.zdd();
      if (hook === "before_switch") {
        assertEquals(code, 1, stderr);
        assertMatch(stderr, /Cannot write "[^"]*small\/[^"]+": .*space/);
        assertEquals(await site.pidAt(), old);
      } else {
        assertEquals(code, 0, stderr);
        assertMatch(stderr, /warning: Cannot write ".*state\.json": .*space/);
        assert(await site.pidAt() !== old);
      }
      small.assertNothingHalf();
      small.empty();
      site.write("deploy.conf", conf);
      await site.deploy();
      await small.own.assertWhole();
    });
  }

  test(`on a read-only file system a deploy says so (${kind})`, async () => {
    await using small = await SmallSite.create(kind, []);
    const { site } = small.own;
    const old = await site.pidAt();
    small.forbid();
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /Cannot (open|write) ".*small\/[^"]+": .*[Rr]ead-only/);
    assertEquals(await site.pidAt(), old);
    small.permit();
    await site.deploy();
    await small.own.assertWhole();
  });
}

/** What can't be written, and who says so. */
const BLOCKED: { name: string; block: (site: Site) => void; says: RegExp }[] = [
  {
    name: "the lock",
    block: (site) => obstruct(site, ".zdd/lock"),
    says: /Cannot open ".*\.zdd\/lock"/,
  },
  {
    name: "the journal",
    block: (site) => obstruct(site, ".zdd/journal.json"),
    says: /\.zdd\/journal\.json"/,
  },
  {
    name: "the live links",
    block: (site) => obstruct(site, ".zdd/live"),
    says: /\.zdd\/live/,
  },
  {
    name: "the logs",
    block: (site) => obstruct(site, ".zdd/log/web"),
    says: /Cannot write the log ".*\/web" isn.t a directory/,
  },
  {
    name: "nginx.conf",
    block: (site) => obstruct(site, "nginx.conf"),
    says: /nginx\.conf/,
  },
];

/** Puts something in a file's place that is no file, and can't be replaced by one. */
function obstruct(site: Site, file: string): void {
  const path = site.path(file);
  if (site.exists(file)) Deno.renameSync(path, site.path("aside"));
  if (/(live|log\/web)$/.test(file)) return Deno.writeTextFileSync(path, "");
  Deno.mkdirSync(`${path}/in the way`, { recursive: true });
}

for (const { name, block, says } of BLOCKED) {
  Deno.test(`a deploy that can't write ${name} says so, and undoes what it has done`, async () => {
    await using own = await CrashSite.create("live", { load: false });
    const { site } = own;
    const old = await site.pidAt();
    if (name === "nginx.conf") {
      // It is written only where it changes.
      site.write("nginx.conf.template", "# new\n" + liveTemplate());
    }
    block(site);
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1, stderr);
    assertMatch(stderr, says);
    assert(!/\bat .*\.ts:\d+/.test(stderr), stderr);
    if (name !== "the live links") assertEquals(await site.pidAt(), old);
    const place = {
      "the lock": ".zdd/lock",
      "the journal": ".zdd/journal.json",
      "the live links": ".zdd/live",
      "the logs": ".zdd/log/web",
      "nginx.conf": "nginx.conf",
    }[name] ?? "";
    Deno.removeSync(site.path(place), { recursive: true });
    if (site.exists("aside")) {
      Deno.renameSync(site.path("aside"), site.path(place));
    }
    await site.deploy();
    await own.assertWhole();
  });
}

for (const kind of SWITCHES) {
  Deno.test(`few file descriptors fail a deploy, but lose nothing (${kind})`, async () => {
    await using own = await CrashSite.create(kind);
    const { site } = own;
    let [refused, done] = [0, 0];
    // Deno itself needs some twenty; where they run out moves through the whole deploy.
    for (let limit = 20; done < 2 && limit < 80; limit++) {
      const { code, stderr } = await limited(site, limit);
      if (code === 0) done++;
      else refused++;
      const { stderr: repaired } = await site.deploy("start");
      try {
        await own.assertWhole();
      } catch (error) {
        throw new Error(`ulimit -n ${limit}: ${code} ${stderr}${repaired}`, {
          cause: error,
        });
      }
    }
    assert(refused > 0 && done === 2, `${refused} refused, ${done} done`);
    await own.assertNothingFailed();
  });
}

/** Runs zddeploy with so many file descriptors. */
async function limited(site: Site, limit: number): Promise<Outcome> {
  const words = ZDD.map((word) => `'${word}'`).join(" ");
  return await site.run("sh", "-c", `ulimit -n ${limit}; exec ${words}`);
}
