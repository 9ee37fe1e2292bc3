/**
 * What a pause costs and loses, with a server that fails every request during a migration
 * and every one whose schema isn't its own:
 *
 * - migrations between two releases, under clients that keep their connections;
 * - a zddeploy that is killed at random moments of a pause, and of a deploy with one;
 * - many requests that are held at once.
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { printResult } from "../../lib/cli/output.ts";
import { openConnections } from "../../lib/system/connections.ts";
import { sleep } from "../../lib/system/wait.ts";
import type { LoadResult } from "../support/load.ts";
import { liveTemplate } from "../support/project.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";

const MIGRATING = fromFileUrl(
  new URL("../support/migrating.mjs", import.meta.url),
);
const CLIENTS = 40;

/** The options of a site whose release understands one version of the data. */
function release(version: number) {
  return { start: `node ${MIGRATING} ${version}` };
}

function load(site: Site) {
  return site.load({
    ...{ clients: CLIENTS, methods: ["POST"], expect: /^ok \d+ \d+\n$/ },
  });
}

function describe(what: string, result: LoadResult): string {
  const { requests, failed, latency, failures } = result;
  return [
    `${what}: ${requests} POST over ${CLIENTS} kept connections, ${failed} ` +
    `failed; median ${ms(latency.p50)}, longest ${ms(latency.max)}`,
    ...failures.slice(0, 5).map((failure) => JSON.stringify(failure)),
  ].join("\n");
}

async function migrations(count: number): Promise<string> {
  await using site = await Site.live(release(1)).deployed();
  const nginx = site.nginx();
  await using clients = await load(site);
  let held = 0;
  for (let version = 2; version <= count + 1; version++) {
    site.configure(release(version));
    const migrate = `touch migrating; sleep 1; echo ${version} >schema; ` +
      "rm migrating";
    const { stderr } = await site.deploy("deploy", "--pause", migrate);
    held += Number(/passed on (\d+) held/.exec(stderr)?.[1]);
  }
  const result = await clients.stop();
  assertEquals(site.nginx(), nginx);
  return describe(`${count} migrations of 1 s, ${held} held`, result);
}

async function kills(count: number, max: number): Promise<string> {
  await using site = await Site.live(release(1)).deployed();
  await using clients = await load(site);
  for (let i = 0; i < count; i++) {
    const args = i % 2 === 0
      ? ["pause", "--max", String(max), "--", "sleep", "2"]
      : ["deploy", "--max", String(max), "--pause", "sleep 2"];
    const pausing = site.start(...args);
    await sleep(Math.random() * 4000);
    pausing.kill("SIGKILL");
    await pausing.outcome();
    await site.deploy("start");
  }
  return describe(
    `${count} pauses of --max ${max}, every other one in a deploy, killed at random`,
    await clients.stop(),
  );
}

async function many(count: number): Promise<string> {
  const template = liveTemplate()
    .replace("worker_connections 256", `worker_connections ${2 * count}`)
    .replace(
      "worker_processes 2;",
      "worker_processes 2;\nworker_rlimit_nofile 20000;",
    );
  await using site = await Site.live({ ...release(1), template }).deployed();
  const pausing = site.start(
    ...["pause", "--json", "--", "sh", "-c"],
    "touch begun; while ! [ -e enough ]; do sleep 0.1; done",
  );
  await until("the command runs", () => site.exists("begun"));
  const asking = Array.from({ length: count }, () => site.get());
  const statuses = Promise.allSettled(asking);
  const path = site.path(".zdd/live/.held/zdd_web_a");
  await until(`${count} are held`, () => openConnections({ path }) >= count)
    .catch(() => {});
  const seen = openConnections({ path });
  const memory = site.holders().map((pid) =>
    Deno.readTextFileSync(`/proc/${pid}/status`).match(/VmRSS:\s+(\d+)/)?.[1]
  );
  site.write("enough", "");
  const begun = performance.now();
  const failed =
    (await statuses).filter((result) =>
      result.status === "rejected" || result.value.status !== 200
    ).length;
  const took = performance.now() - begun;
  const { stdout } = await pausing.outcome();
  const { held, lost } = JSON.parse(stdout);
  return `${count} requests at once: ${seen} held at once (${held} in all), ` +
    `${lost} lost, ${failed} failed; all answered ${ms(took)} after the ` +
    `command, which looks every 100 ms; the process that held them had ` +
    `${Math.round(Number(memory[0]) / 1024)} MB`;
}

function ms(time = NaN): string {
  return `${Math.round(time)} ms`;
}

if (import.meta.main) {
  const [migrated = 10, killed = 20, held = 3000] = Deno.args.map(Number);
  if (migrated) printResult(await migrations(migrated));
  if (killed) printResult(await kills(killed, 10));
  if (held) printResult(await many(held));
}
