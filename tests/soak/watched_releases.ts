/**
 * What clients notice of a bad release with a watch and without, for real: a server that
 * fails every twentieth request is put live over one that fails none, under a steady load.
 * Writes the chart to dist/watch, and prints the figures as JSON lines.
 *
 *     deno task watched-releases [--rate 50] [--seconds 60]
 */
import { parseArgs } from "@std/cli/parse-args";
import { printResult } from "../../lib/cli/output.ts";
import { sleep } from "../../lib/system/wait.ts";
import { lineChart, type Panel } from "../bench/chart.ts";
import { Site } from "../support/site.ts";

const { rate, seconds } = parseArgs(Deno.args, {
  string: ["rate", "seconds"],
  default: { rate: "50", seconds: "60" },
});
const EVERY = 20;
/** Fails of each second are too few to see a share by: over so many, in s. */
const WINDOW = 5;
/** How long there is load before the deploy, in s. */
const LEAD = 5;

/** One request, by when it was made since the deploy, in s. */
interface Asked {
  at: number;
  failed: boolean;
}

/** Asks a site for a page so often until it is told to end. */
class SteadyLoad {
  readonly asked: { at: number; failed: boolean }[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #pending = new Set<Promise<void>>();

  constructor(url: string, perSecond: number) {
    this.#timer = setInterval(() => {
      const request = this.#ask(url);
      this.#pending.add(request);
      request.finally(() => this.#pending.delete(request));
    }, 1000 / perSecond);
  }

  async #ask(url: string): Promise<void> {
    const at = performance.now();
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      this.asked.push({ at, failed: response.status >= 500 });
    } catch {
      this.asked.push({ at, failed: true });
    }
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
  }
}

async function release(args: string[]): Promise<Asked[]> {
  await using site = await Site.live().deployed();
  const load = new SteadyLoad(
    `http://127.0.0.1:${site.port}/`,
    Number(rate),
  );
  await sleep(LEAD * 1000);
  site.configure({ mode: `fails:${EVERY}` });
  const { code, stderr } = await runFor(site, args);
  await load.end();
  const switched = begins.get(site) ?? 0;
  const asked = load.asked.map(({ at, failed }) => ({
    ...{ at: (at - switched) / 1000, failed },
  }));
  const since = asked.filter(({ at }) => at >= 0);
  printResult(JSON.stringify({
    command: ["deploy", ...args].join(" "),
    exitStatus: code,
    requests: since.length,
    failed: since.filter(({ failed }) => failed).length,
    lastFailure: Math.max(
      ...since.filter(({ failed }) => failed).map(({ at }) => at),
    ),
    said: stderr.match(/fails more than .*/)?.[0],
  }));
  return asked;
}

/** When a site's new release went live, in ms. */
const begins = new WeakMap<Site, number>();

/** Runs a deploy, and waits until the time is over that is shown. */
async function runFor(site: Site, args: string[]) {
  const deploy = site.start("deploy", ...args);
  while (!/web: (switched to|\d+ gets)/.test(deploy.stderr)) await sleep(5);
  const begun = performance.now();
  begins.set(site, begun);
  const outcome = await deploy.outcome();
  const left = Number(seconds) * 1000 - (performance.now() - begun);
  await sleep(Math.max(0, left));
  return outcome;
}

/** The share that failed, in percent, over the seconds before each. */
function shares(asked: Asked[]) {
  const points = [];
  for (let x = -LEAD + 1; x <= Number(seconds); x += 0.5) {
    const seen = asked.filter(({ at }) => at <= x && at > x - WINDOW);
    const failed = seen.filter(({ failed }) => failed).length;
    points.push({ x, y: seen.length === 0 ? NaN : 100 * failed / seen.length });
  }
  return points;
}

const panels: Panel[] = [];
for (
  const [name, args] of [
    ["without a watch", []],
    ["--watch 1m", ["--watch", "1m"]],
    ["--canary 5,25,50 --watch 1m", ["--canary", "5,25,50", "--watch", "1m"]],
  ] satisfies [string, string[]][]
) {
  const points = shares(await release(args));
  panels.push({
    title: name,
    series: [{ name: "failed", points }],
    marks: [0],
  });
}
Deno.mkdirSync("dist/watch", { recursive: true });
Deno.writeTextFileSync(
  "dist/watch/watched-release.svg",
  await lineChart({
    title:
      `A release that fails ${100 / EVERY} % of its requests, at ${rate} ` +
      "requests a second",
    x: "seconds since it went live",
    y: `% failed in ${WINDOW} s`,
    panels,
  }),
);
