import { formatDuration } from "../../lib/text/duration.ts";
import { printMessage, printResult } from "../../lib/cli/output.ts";
import { stopwatch } from "../../lib/deploy/report.ts";
import { memoryOf } from "../../lib/system/process.ts";
import { Websocket } from "../support/websocket.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";

/** Returns whether nothing was lost. */
async function main(count: number): Promise<boolean> {
  await using site = await Site.live({ lines: ["drain_timeout: 600"] })
    .deployed();
  const nginx = site.nginx();
  const before = memory(nginx);
  const pids = [await site.pidAt()];
  const times: number[] = [];
  await using load = await site.load();
  for (let i = 1; i <= count; i++) {
    const took = stopwatch();
    pids.push(await cutover(site));
    times.push(took());
    if (i % 20 === 0) printMessage(`${i} of ${count}`);
  }
  const { requests, failed, failures, answers, latency, ...connections } =
    await load.stop();

  const workers = site.nginx();
  const left = site.servers().filter((pid) => pid !== pids.at(-1));
  const inTurn = answers.map(({ text }) => Number(text)).join() === pids.join();
  const same = workers.join() === nginx.join();
  times.sort((a, b) => a - b);
  printResult([
    `${count} cutovers, ${requests} requests, ${failed} failed`,
    `latency: median ${ms(latency.p50)}, 99 % ${ms(latency.p99)}, most ` +
    ms(latency.max),
    `a cutover, the websocket's end included: median ` +
    `${ms(times[times.length >> 1])}, most ${ms(times.at(-1))}`,
    `connections: ${connections.connections} opened, ` +
    `${connections.closedIdle} closed by nginx while idle`,
    `each instance answered from its switch to the next: ${yes(inTurn)}`,
    `the same nginx processes as before: ${yes(same)} (${nginx.join(", ")} ` +
    `before, ${workers.join(", ")} after)`,
    `nginx's memory: ${before} MB before, ${memory(workers)} MB after`,
    `instances left over: ${left.length}`,
    ...failures.slice(0, 5).map((failure) => JSON.stringify(failure)),
  ].join("\n"));
  return failed === 0 && inTurn && same && left.length === 0;
}

/**
 * One cutover, with a websocket that is opened before it and answered by the old
 * instance behind it. Returns the new instance's pid.
 */
async function cutover(site: Site): Promise<number> {
  const old = await site.pidAt();
  using socket = await Websocket.open(site.port);
  const deploy = site.start();
  await deploy.printed("web: switched to");
  await until("the switch", async () => await site.pidAt() !== old);
  const answer = await socket.ask("still");
  if (answer !== `${old} still`) throw new Error(`${old}: got "${answer}"`);
  socket[Symbol.dispose]();
  const { code, stderr } = await deploy.outcome();
  if (code !== 0) throw new Error(stderr);
  return await site.pidAt();
}

/** Resident memory of processes together, in MB. */
function memory(pids: number[]): string {
  const bytes = pids.reduce((sum, pid) => sum + (memoryOf(pid) ?? 0), 0);
  return (bytes / 2 ** 20).toFixed(1);
}

function ms(time = 0): string {
  return formatDuration(time);
}

function yes(so: boolean): string {
  return so ? "yes" : "no";
}

if (import.meta.main) {
  const [count = "200"] = Deno.args;
  Deno.exit(await main(Number(count)) ? 0 : 1);
}
