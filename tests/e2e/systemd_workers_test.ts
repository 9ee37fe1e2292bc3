import { assert, assertEquals, assertMatch } from "@std/assert";
import { BoxedSite } from "../support/boxed_site.ts";
import { onlyOnce } from "../support/only_once.ts";
import { deployConf, serviceSection } from "../support/project.ts";
import { SystemdBox, testsIn } from "../support/systemd_box.ts";
import { until } from "../support/until.ts";

const test = testsIn(await SystemdBox.boot(), "under systemd");

const TEMPLATE = "pid {nginx_pid_filename};\nerror_log error.log;\nevents {}\n";

/** A site with one worker that systemd runs. */
function siteWith(
  box: SystemdBox,
  name: string,
  start: string,
  ...lines: string[]
): BoxedSite {
  const site = new BoxedSite(box, name, { "nginx.conf.template": TEMPLATE });
  configure(site, start, ...lines);
  return site;
}

function configure(site: BoxedSite, start: string, ...lines: string[]): void {
  const all = ["supervisor: systemd", "settle: 0.3", ...lines];
  const worker = { name: "worker", port: "none", start, lines: all };
  const services = [serviceSection(worker)];
  site.write("deploy.conf", deployConf({ services }));
}

interface Instance {
  state: string;
  pid: number;
  restarts: number;
}

async function instances(site: BoxedSite): Promise<Instance[]> {
  const { stdout } = await site.zdd("status", "--json");
  return JSON.parse(stdout).services[0].instances;
}

async function succeed(site: BoxedSite, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await site.zdd(...args);
  assertEquals(code, 0, stdout + stderr);
  return stderr;
}

test("a worker that systemd starts again after a crash is followed", async (box) => {
  const site = siteWith(box, "crashing", "sleep 1000", "instances: 2");
  await succeed(site, "deploy");
  const [first] = await instances(site);
  await box.shell(`kill -KILL ${first?.pid}`);
  await until("it is another process", async () => {
    const [now] = await instances(site);
    return now?.state === "serving" && now.pid !== first?.pid &&
      now.restarts === 1;
  });
  const [again, other] = await instances(site);
  assertEquals(
    (await succeed(site, "deploy")).match(/^worker: stopped \d+/gm)?.sort(),
    [again, other].map((one) => `worker: stopped ${one?.pid}`).sort(),
  );
  // `start` has systemd end what is too many.
  configure(site, "sleep 1000");
  assertMatch(await succeed(site, "start"), /^worker: stopped \d+/m);
  assertEquals((await instances(site)).length, 1);
  await succeed(site, "stop", "--nginx");
});

test("a worker that crashes before it has settled fails the deploy", async (box) => {
  const site = siteWith(box, "broken", "sleep 1000");
  await succeed(site, "deploy");
  const before = await instances(site);
  configure(site, "sh -c 'echo no queue; sleep 0.1; exit 7'");
  const { code, stderr } = await site.zdd("deploy");
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /worker didn't (start|stay up)/);
  assertMatch(stderr, /no queue/);
  assertEquals(
    (await instances(site)).map(({ pid }) => pid),
    before.map(({ pid }) => pid),
  );
  await succeed(site, "stop", "--nginx");
});

test("a scheduler under systemd never runs twice, and is back if the deploy fails", async (box) => {
  const stopFirst = "replace: stop-first";
  const site = siteWith(box, "scheduler", "sh scheduler.sh", stopFirst);
  site.write("scheduler.sh", onlyOnce(site.directory));
  await succeed(site, "deploy");
  const [first] = await instances(site);
  await succeed(site, "deploy");
  const [second] = await instances(site);
  assert(first?.pid !== second?.pid);

  configure(site, "sh -c 'exit 3'", stopFirst);
  const { code, stderr } = await site.zdd("deploy");
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /^worker: started again as \d+/m);
  const all = await instances(site);
  assertEquals(all.map(({ state }) => state), ["serving"]);
  assert(all[0]?.pid !== second?.pid);
  assertEquals(site.read("begun").trim().split("\n").length, 3);
  const twice = await box.shell(`ls ${site.directory}`);
  assert(!twice.split("\n").includes("twice"), twice);
  await succeed(site, "stop", "--nginx");
});
