import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";

interface DryRun {
  dryRun: boolean;
  changed: boolean;
  nginx: { action: string; pid?: number };
  services: {
    name: string;
    starts: number;
    replaces: number[];
    stops: number[];
    why?: string;
  }[];
  pause?: string;
  watch?: number;
  warnings: string[];
}

async function dryRun(site: Site, ...args: string[]): Promise<DryRun> {
  const before = look(site);
  const { stdout, stderr } = await site.deploy(
    ...["deploy", "--dry-run", "--json"],
    ...args,
  );
  assertEquals(stderr, "");
  assertEquals(look(site), before, "nothing is changed");
  return JSON.parse(stdout);
}

/** All processes and files of a site, but for what `nginx -t` creates. */
function look(site: Site): unknown {
  const files = (path: string): string[] =>
    site.exists(path)
      ? [...Deno.readDirSync(site.path(path))].flatMap((entry) => {
        const name = `${path}/${entry.name}`;
        if (entry.isDirectory) return [name, ...files(name)];
        return /\.log$/.test(name)
          ? []
          : [`${name} ${Deno.lstatSync(site.path(name)).mtime?.getTime()}`];
      })
      : [];
  return {
    processes: site.processes().toSorted(),
    files: files(".").filter((name) => !/\/(tmp|nginx-temp)/.test(name))
      .toSorted(),
  };
}

Deno.test("deploy --dry-run tells of a first deploy", async () => {
  await using site = Site.classic();
  const { dryRun: isDry, changed, nginx, services, warnings } = await dryRun(
    site,
  );
  assertEquals([isDry, changed, nginx.action, warnings], [
    true,
    true,
    "started",
    [],
  ]);
  assertEquals(services, [{ name: "web", starts: 1, replaces: [], stops: [] }]);
  assert(!site.exists(".zdd"));
});

Deno.test("deploy --dry-run tells what is replaced, and what the deploy then does", async () => {
  await using site = await Site.classic().deployed();
  const pid = await site.pidAt();
  const planned = await dryRun(site);
  assertEquals([planned.changed, planned.nginx], [
    true,
    { action: "reloaded", pid: site.nginxMaster() },
  ]);
  assertEquals(planned.services[0]?.replaces, [pid]);
  const { stdout } = await site.deploy("--json");
  const done = JSON.parse(stdout);
  assertEquals([done.changed, done.nginx], [planned.changed, planned.nginx]);
});

Deno.test("deploy --dry-run --release agrees with the deploy that nothing is to do", async () => {
  await using site = Site.classic();
  await site.deploy("--release", "v1");
  const same = await dryRun(site, "--release", "v1");
  assertEquals([same.changed, same.nginx.action], [false, "unchanged"]);
  assertEquals(same.services[0]?.why, "release v1 serves already");
  assertEquals((await dryRun(site, "--release", "v2")).changed, true);
  const text = await site.deploy("deploy", "--dry-run", "--release", "v1");
  assertStringIncludes(
    text.stdout,
    "web: nothing to do: release v1 serves already\n",
  );
});

Deno.test("deploy --dry-run knows the live switch, and the standby that makes room", async () => {
  await using site = Site.live({ lines: ["standby: yes"] });
  await site.deploy();
  assertEquals((await dryRun(site)).nginx.action, "switched");
  await site.deploy();
  const { services: [web] } = await dryRun(site);
  assertEquals([web?.starts, web?.replaces.length, web?.stops.length], [
    1,
    1,
    1,
  ]);
  // A changed template needs a reload.
  site.write(
    "nginx.conf.template",
    site.read("nginx.conf.template").replace(
      "access_log off;",
      "access_log off; server_tokens off;",
    ),
  );
  assertEquals((await dryRun(site)).nginx.action, "reloaded");
});

Deno.test("deploy --dry-run knows that more slots or instances take a reload", async () => {
  await using site = await Site.live().deployed();
  for (const lines of [["standby: yes"], ["standby: yes", "instances: 2"]]) {
    site.configure({ lines });
    const planned = await dryRun(site);
    assertEquals(planned.nginx.action, "reloaded", lines.join(", "));
    const { stdout } = await site.deploy("--json");
    assertEquals(JSON.parse(stdout).nginx.action, planned.nginx.action);
  }
});

Deno.test("deploy --dry-run tells of a watch and a pause, and fails where they would", async () => {
  await using site = Site.live();
  site.configure({ deploy: ["watch: 2m"] });
  assertEquals((await dryRun(site)).watch, undefined, "nothing serves yet");
  await site.deploy();
  assertEquals((await dryRun(site)).watch, 120_000);
  assertEquals((await dryRun(site, "--watch", "0")).watch, undefined);
  const paused = await dryRun(site, "--pause", "npm run migrate");
  assertEquals([paused.pause, paused.watch], ["npm run migrate", undefined]);
  const { stdout } = await site.deploy("--dry-run", "--watch", "90");
  assertStringIncludes(
    stdout,
    "\nzdd: would watch the release for 1 min 30 s\n",
  );
  const text = await site.deploy("--dry-run", "--pause", "npm run migrate");
  assertStringIncludes(
    text.stdout,
    '\nzdd: would hold requests and run "npm run migrate"\n',
  );

  const steps = await site.zdd("deploy", "--dry-run", ...["--canary", "5,50"]);
  assertStringIncludes(
    steps.stdout,
    "5 %, then 50 % of the requests, watch each",
  );
  const unwatched = ["--canary", "5,50", "--watch", "0"];
  const unsteady = await site.zdd("deploy", "--dry-run", ...unwatched);
  assertEquals(unsteady.code, 2);
  assertStringIncludes(unsteady.stderr, "Several shares need --watch");

  await using classic = await Site.classic().deployed();
  for (
    const [option = "", ...value] of [["--watch", "5"], ["--pause", "true"]]
  ) {
    const refused = await classic.zdd("deploy", "--dry-run", option, ...value);
    assertEquals(refused.code, 2, option);
    assertStringIncludes(refused.stderr, "the template doesn't switch it live");
  }
});

Deno.test("deploy --dry-run fails where the deploy would", async () => {
  await using site = Site.classic();
  const canary = await site.zdd("deploy", "--dry-run", "--canary", "10");
  assertEquals(canary.code, 2);
  assertStringIncludes(canary.stderr, "web cannot have a canary");
  const other = await site.zdd("deploy", "--dry-run", "--service", "wep");
  assertEquals(other.code, 2);
  site.write("nginx.conf.template", "nonsense;\n");
  const refused = await site.zdd("deploy", "--dry-run", "--json");
  assertEquals(refused.code, 1);
  assertStringIncludes(
    JSON.parse(refused.stdout).error.message,
    "nginx refuses",
  );
});

Deno.test("deploy --dry-run is refused while there is a canary", async () => {
  await using site = Site.live();
  await site.deploy();
  await site.deploy("deploy", "--canary", "10");
  const { code, stderr } = await site.zdd("deploy", "--dry-run");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "A canary of web gets 10 % of the requests");
});

Deno.test("deploy --dry-run needs no lock, and says that a deploy runs", async () => {
  await using site = await Site.classic().deployed();
  site.configure({ mode: "delay:3000" });
  const deploy = site.start();
  await until("it has begun", () => site.exists(".zdd/journal.json"));
  const { stdout } = await site.deploy("deploy", "--dry-run", "--json");
  const { changed, warnings } = JSON.parse(stdout);
  assertEquals([changed, warnings.length], [true, 1]);
  assertStringIncludes(warnings[0], "a deploy is running");
  assertEquals((await deploy.outcome()).code, 0);
});
