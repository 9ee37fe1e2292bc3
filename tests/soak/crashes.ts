import { CrashSite, type Remains, type Switch } from "../crash/crash_site.ts";
import { Mutator, seed } from "../fuzz/mutator.ts";
import { formatDuration } from "../../lib/text/duration.ts";
import { printMessage, printResult } from "../../lib/cli/output.ts";
import { formatTable } from "../../lib/cli/table.ts";
import { stopwatch } from "../../lib/deploy/report.ts";
import { messageOf } from "../../lib/error.ts";
import type { LoadResult } from "../support/load.ts";

/** Until zddeploy has read its files and begins, in ms. */
const BEGINNING = 60;

class Figures {
  kills = 0;
  /** It was done before it could be killed. */
  finished = 0;
  readonly stages = new Map<string, number>();
  readonly commands = new Map<string, number>();
  readonly troubles: string[] = [];
  readonly repairs: number[] = [];

  count(command: string, { stage }: Remains): void {
    this.kills++;
    this.stages.set(stage, (this.stages.get(stage) ?? 0) + 1);
    this.commands.set(command, (this.commands.get(command) ?? 0) + 1);
  }
}

/** Kills so many in one kind of switch. Returns whether nothing was lost. */
async function soak(
  kind: Switch,
  kills: number,
  random: Mutator,
): Promise<boolean> {
  await using own = await CrashSite.create(kind, { lines: ["standby: yes"] });
  const figures = new Figures();
  /** How long each command takes, in ms; learned as the run goes on. */
  const longest = new Map<string, number>();
  while (figures.kills < kills && figures.troubles.length < 5) {
    const args = random.pick(commandsFor(kind, own));
    const command = args.join(" ");
    const most = longest.get(command) ?? 600;
    const after = BEGINNING + random.below(most - BEGINNING);
    try {
      const took = stopwatch();
      const code = await killAfter(own, after, args);
      if (code !== 137) {
        figures.finished++;
        longest.set(command, Math.max(100, took()));
      } else longest.set(command, most * 1.02);
      const remains = own.remains();
      if (code === 137) figures.count(command, remains);
      const canary = own.web.canary !== undefined;
      const repair = canary || random.below(2) === 0 ? "start" : "deploy";
      const repairing = stopwatch();
      await own.repair(remains, repair);
      figures.repairs.push(repairing());
      await own.assertWhole();
    } catch (error) {
      figures.troubles.push(
        `${command}, killed after ${after} ms: ${messageOf(error)}`,
      );
    }
    if (figures.kills % 50 === 0) printMessage(`${kind}: ${figures.kills}`);
  }
  const result = await own.load.stop();
  print(kind, figures, result);
  return figures.troubles.length === 0 && result.failed === 0;
}

/** Runs a command and kills it after so many ms. Returns its exit status. */
async function killAfter(
  own: CrashSite,
  ms: number,
  args: string[],
): Promise<number> {
  const deploy = own.site.start(...args);
  const timer = setTimeout(() => deploy.kill("SIGKILL"), ms);
  const { code } = await deploy.outcome();
  clearTimeout(timer);
  return code;
}

/** What can be run on a site as it is now. */
function commandsFor(kind: Switch, own: CrashSite): string[][] {
  const { canary, standby } = own.web;
  if (canary !== undefined) return [["promote"], ["abort"], ["canary", "50"]];
  return [
    ["deploy"],
    ...standby.length > 0 ? [["rollback"]] : [],
    ...kind === "live" ? [["deploy", "--canary", "10"]] : [],
  ];
}

function print(kind: Switch, figures: Figures, result: LoadResult): void {
  const { requests, failed, failures, latency } = result;
  const { kills, finished, repairs, troubles } = figures;
  repairs.sort((a, b) => a - b);
  const list = (counts: Map<string, number>) =>
    [...counts].toSorted(([, a], [, b]) => b - a)
      .map(([name, count]) => ["  " + name, String(count)]);
  printResult([
    `${kind} switch: ${kills} kills, ${requests} requests, ${failed} failed ` +
    `(seed ${seed})`,
    `commands that were done before: ${finished}`,
    `latency: median ${formatDuration(latency.p50)}, 99 % ` +
    `${formatDuration(latency.p99)}, most ${formatDuration(latency.max)}`,
    `the next run, which repairs: median ` +
    `${formatDuration(repairs[repairs.length >> 1] ?? 0)}, most ` +
    formatDuration(repairs.at(-1) ?? 0),
    formatTable([
      ["killed with", "times"],
      ...list(figures.stages),
      ["killed while", "times"],
      ...list(figures.commands),
    ]),
    ...troubles.map((trouble) => `TROUBLE: ${trouble}`),
    ...failures.slice(0, 5).map((failure) => JSON.stringify(failure)),
  ].join("\n"));
}

if (import.meta.main) {
  const [kills = "300"] = Deno.args;
  const random = new Mutator(seed);
  let whole = true;
  for (const kind of ["live", "reload"] as const) {
    whole = await soak(kind, Number(kills), random) && whole;
  }
  Deno.exit(whole ? 0 : 1);
}
