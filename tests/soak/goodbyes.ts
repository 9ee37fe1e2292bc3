import { printMessage, printResult } from "../../lib/cli/output.ts";
import { stopwatch } from "../../lib/deploy/report.ts";
import { formatDuration } from "../../lib/text/duration.ts";
import { Clients } from "../support/coming_back.ts";
import { QueueSite } from "../support/queue_site.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";

/** How long may be waited for what takes seconds, in ms. */
const LONG = 300_000;

/**
 * Queues jobs through the web server while it, the workers and the scheduler are deployed
 * again and again. Returns whether each job was done exactly once.
 */
async function queueJobs(count: number, deploys: number): Promise<boolean> {
  await using own = await QueueSite.create(0.01);
  const { site } = own;
  const url = `http://127.0.0.1:${site.port}/`;
  await site.deploy();
  const took = stopwatch();
  let queued = 0;
  let refused = 0;
  const clients = Array.from({ length: 4 }, async () => {
    while (queued < count) {
      const body = `job-${queued++}`;
      const { ok } = await fetch(url, { method: "POST", body })
        .then(async (answer) => {
          await answer.body?.cancel();
          return answer;
        }, () => ({ ok: false }));
      if (!ok) refused++;
      // So that there is something to do during all deploys.
      while (queued / count > (version - 1) / deploys) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  });
  let version = 2;
  for (; version <= deploys + 1; version++) {
    own.release(version);
    await site.deploy();
    printMessage(`${version - 1} of ${deploys} deploys, ${queued} jobs`);
  }
  await Promise.all(clients);
  const { done, versions, left } = await own.untilDone(LONG);
  const once = [...done.values()].filter((times) => times === 1).length;
  const share = [...versions].map(([version, jobs]) => `${version}: ${jobs}`);
  printResult([
    `${queued} jobs queued by POST over ${deploys} deploys in ` +
    `${formatDuration(took())}: ${refused} refused`,
    `done exactly once: ${once}; more than once: ${done.size - once}; ` +
    `never: ${queued - done.size}; begun and not done: ${left.length}`,
    `by version: ${share.join(", ")}`,
  ].join("\n"));
  return refused === 0 && once === queued && left.length === 0;
}

/** Deploys under websockets. Returns whether all came back, none cut off and no burst. */
async function comeBack(count: number): Promise<boolean> {
  await using site = Site.fromSample("websocket");
  await site.deploy();
  const url = `ws://127.0.0.1:${site.port}/`;
  using clients = await Clients.connect(url, count);
  const server = site.read("server.ts");
  site.write("server.ts", server.replace('VERSION = "1"', 'VERSION = "2"'));
  const took = stopwatch();
  await site.deploy();
  const all = () => clients.count("2") === count;
  await until("all are back", all, LONG).catch(() => {});
  const { asked, cut, opened } = clients.seen;
  const times = opened.get("2") ?? [];
  const busiest = Math.max(
    ...times.map((from) =>
      times.filter((time) => time >= from && time < from + 1000).length
    ),
  );
  const over = (times.at(-1) ?? 0) - (times[0] ?? 0);
  printResult(
    `${count} websockets over a deploy of ${formatDuration(took())}: ` +
      `${asked} asked to come back, ${clients.count("2")} back on the new ` +
      `release within ${formatDuration(over)}, at most ${busiest} in a ` +
      `second; ${cut} cut off`,
  );
  return asked === count && all() && cut === 0;
}

if (import.meta.main) {
  const [jobs = "10000", deploys = "10", sockets = "1000"] = Deno.args;
  const results = [
    await queueJobs(Number(jobs), Number(deploys)),
    await comeBack(Number(sockets)),
  ];
  Deno.exit(results.every((isGood) => isGood) ? 0 : 1);
}
