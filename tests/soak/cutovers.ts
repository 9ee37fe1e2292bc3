/**
 * Live cutovers with fresh instances under 20 clients that keep their connections,
 * GET and POST, with a websocket across each: `deno task cutovers [COUNT]`, 200 if not
 * given. Prints the figures; the exit status is 1 if anything was lost.
 */
import { RunningDeploy } from "../e2e/running_deploy.ts";
import { formatDuration } from "../../lib/text/duration.ts";
import { printMessage, printResult } from "../../lib/cli/output.ts";
import { stopwatch } from "../../lib/deploy/report.ts";
import { memoryOf } from "../../lib/system/process.ts";
import {
  deployedLiveSite,
  liveConf,
  liveService,
  nginxProcesses,
  pidAt,
  servers,
  startLoad,
} from "../support/live_site.ts";
import { type Site, until } from "../support/site.ts";
import { Websocket } from "../support/websocket.ts";

/** Returns whether nothing was lost. */
async function main(count: number): Promise<boolean> {
  await using site = await deployedLiveSite(
    liveConf([liveService({ lines: ["drain_timeout: 600"] })]),
  );
  const nginx = nginxProcesses(site);
  const before = memory(nginx);
  const pids = [await pidAt(site)];
  const times: number[] = [];
  await using load = await startLoad(site);
  for (let i = 1; i <= count; i++) {
    const took = stopwatch();
    pids.push(await cutover(site));
    times.push(took());
    if (i % 20 === 0) printMessage(`${i} of ${count}`);
  }
  const { requests, failed, failures, answers, latency, ...connections } =
    await load.stop();

  const workers = nginxProcesses(site);
  const left = servers(site).filter((pid) => pid !== pids.at(-1));
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
  const old = await pidAt(site);
  using socket = await Websocket.open(site.port);
  const deploy = new RunningDeploy(site);
  await deploy.printed("web: switched to");
  await until("the switch", async () => await pidAt(site) !== old);
  const answer = await socket.ask("still");
  if (answer !== `${old} still`) throw new Error(`${old}: got "${answer}"`);
  socket[Symbol.dispose]();
  const { code, stderr } = await deploy.outcome();
  if (code !== 0) throw new Error(stderr);
  return await pidAt(site);
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
