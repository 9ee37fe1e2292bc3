import { assert, assertEquals, assertMatch } from "@std/assert";
import { serverCommand } from "../support/project.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";
import { isAlive } from "../support/processes.ts";

const TWO = { lines: ["instances: 2"] };

async function deployRelease(site: Site, id: string): Promise<boolean> {
  const { stdout } = await site.deploy("deploy", "--release", id, "--json");
  return JSON.parse(stdout).changed;
}

/** The releases of the serving instances, as `status --json` tells. */
async function releases(site: Site): Promise<(string | undefined)[]> {
  const { stdout } = await site.zdd("status", "--json");
  const [web]: { instances: { state: string; release?: string }[] }[] =
    JSON.parse(stdout).services;
  return web?.instances.filter(({ state }) => state === "serving")
    .map(({ release }) => release) ?? [];
}

Deno.test("the deploy of a release that serves already changes nothing", async () => {
  await using site = Site.live(TWO);
  assertEquals(await deployRelease(site, "abc123"), true);
  const before = site.processes();
  assertEquals(await releases(site), ["abc123", "abc123"]);

  assertEquals(await deployRelease(site, "abc123"), false);
  assertEquals(site.processes(), before);
  const again = await site.deploy("deploy", "--release", "abc123");
  assert(!/started|switched|stopped/.test(again.stderr), again.stderr);
  assertEquals(site.processes(), before);

  assertEquals(await deployRelease(site, "abc124"), true);
  assertEquals(await releases(site), ["abc124", "abc124"]);
  assertEquals(
    site.servers().filter((pid) => before.includes(pid)),
    [],
  );
});

Deno.test("status and history show the release", async () => {
  await using site = Site.live(TWO);
  await deployRelease(site, "v1.0");
  await deployRelease(site, "v1.1");
  assertMatch((await site.zdd("status")).stdout, /web .*\bserving\b.* v1\.1 /);
  site.configure({ start: "exit 1" });
  assertEquals((await site.zdd("deploy", "--release", "bad")).code, 1);

  const { stdout } = await site.zdd("history", "--json");
  const entries: { release: string; result: string }[] = JSON.parse(stdout);
  assertEquals(
    entries.map(({ release, result }) => `${release} ${result}`),
    ["v1.0 done", "v1.1 done", "bad failed"],
  );
  const table = (await site.zdd("history")).stdout;
  assertMatch(table, /deploy +v1\.1 +done/);
  assertMatch(table, /deploy +bad +failed .*web didn't start/);
  // The one that failed doesn't serve.
  assertEquals(await releases(site), ["v1.1", "v1.1"]);
});

Deno.test("a release that serves no longer, or not with all its instances, is deployed", async () => {
  await using site = Site.live(TWO);
  await deployRelease(site, "r1");
  const [first = 0] = await site.pidsOf("serving");
  Deno.kill(first, "SIGKILL");
  await until("it is gone", () => !isAlive(first));
  assertEquals(await deployRelease(site, "r1"), true);
  assertEquals((await site.pidsAt()).length, 2);

  site.configure({ lines: ["instances: 1"] });
  assertEquals(await deployRelease(site, "r1"), true);
  assertEquals((await site.pidsAt()).length, 1);
  assertEquals(await deployRelease(site, "r1"), false);

  await site.deploy();
  assertEquals(await releases(site), [undefined]);
  assertEquals(await deployRelease(site, "r1"), true);
});

Deno.test("a release that serves is deployed if nginx doesn't run", async () => {
  await using site = Site.live(TWO);
  await deployRelease(site, "r1");
  Deno.kill(site.nginxMaster() ?? 0, "SIGQUIT");
  await until("nginx is gone", () => site.nginx().length === 0);
  assertEquals(await deployRelease(site, "r1"), true);
  await site.pidsAt();
});

Deno.test("a release that serves is deployed again when what it is started with has changed", async () => {
  await using site = Site.live(TWO);
  await deployRelease(site, "1");
  const conf = site.read("deploy.conf");
  const template = site.read("nginx.conf.template");
  const heading = "[service:web]\n";
  const cases = [
    ["deploy.conf", conf.replace(heading, `${heading}env: A=1\n`)],
    ["deploy.conf", conf.replace(heading, `${heading}log: own.log\n`)],
    ["nginx.conf.template", template.replace("http {", "http {\n    gzip on;")],
  ] as const;
  for (const [file, text] of cases) {
    site.write(file, text);
    const dry = await site.deploy(
      ...["deploy", "--release", "1", "--dry-run", "--json"],
    );
    assertEquals(JSON.parse(dry.stdout).changed, true, file);
    assertEquals(await deployRelease(site, "1"), true, file);
    assertEquals(await deployRelease(site, "1"), false, file);
  }
  // What is read when an instance ends needs no new one.
  site.write(
    "deploy.conf",
    conf.replace(heading, `${heading}log: own.log\nkill_after: 60\n`),
  );
  assertEquals(await deployRelease(site, "1"), false);
});

Deno.test("start brings back the release that was stopped, and history shows it for every command", async () => {
  const site = Site.live({
    start: `sh -c 'echo "release $ZDD_RELEASE" >&2; exec ${serverCommand()}'`,
    lines: ["standby: yes"],
    deploy: ["before_start: echo \"starts '$ZDD_RELEASE'\""],
  });
  await using _ = site;
  await deployRelease(site, "41");
  await deployRelease(site, "42");
  await site.deploy("stop");
  const { stderr } = await site.deploy("start");
  assertMatch(stderr, /before_start: starts '42'/);
  assertEquals(await releases(site), ["42"]);
  const { stdout: logs } = await site.deploy("logs");
  assertMatch(logs, /release 42/);
  await deployRelease(site, "43");
  await site.deploy("rollback");
  const { stdout } = await site.deploy("history", "--json");
  const entries: { command: string; release?: string }[] = JSON.parse(stdout);
  assertEquals(
    entries.map(({ command, release }) => `${command} ${release}`),
    [
      ...["deploy 41", "deploy 42", "stop 42", "start 42"],
      ...["deploy 43", "rollback 42"],
    ],
  );
});
