import { NGINX } from "../../tasks/packages.ts";
import { workersOf } from "../../lib/nginx/master.ts";
import { identify } from "../../lib/system/process.ts";
import type { Bench } from "./bench.ts";
import { Clients } from "./clients.ts";
import {
  overheadOf,
  OWN,
  STEPS,
  timeDeploy,
  type Timeline,
} from "./deploy_timeline.ts";
import { reloadNginx } from "./partners/nginx_reload.ts";
import { ScriptSite } from "./partners/script.ts";
import { zddSite } from "./partners/zdd.ts";
import { ownStart, type Site } from "./site.ts";
import { formatSummary, median, ratios, summarize } from "./statistics.ts";
import { barChart, type Part } from "./chart.ts";

export const overhead: Bench = {
  name: "overhead",
  title: "Overhead of a deploy",
  needs: [NGINX],
  async run({ quick, rounds = quick ? 3 : 15, progress }) {
    await using live = await zddSite("live", "exits");
    await using reload = await zddSite("reload", "exits");
    await using script = await ScriptSite.start("exits");
    const lives: Timeline[] = [];
    const reloads: Timeline[] = [];
    const bare: number[] = [];
    const scripts: number[] = [];
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1} of ${rounds}`);
      lives.push(await timeDeploy(live));
      reloads.push(await timeDeploy(reload));
      bare.push(await timeReload(reload));
      scripts.push(await timeScript(script));
    }
    const busyRounds = quick ? 1 : Math.min(rounds, 5);
    const busy: Timeline[] = [];
    const url = `http://127.0.0.1:${live.port}/`;
    const clients = await Clients.start({ url });
    for (let round = 0; round < busyRounds; round++) {
      progress(`under load, ${round + 1} of ${busyRounds}`);
      busy.push(await timeDeploy(live));
    }
    await clients.stop();

    const liveTimes = lives.map(overheadOf);
    const reloadTimes = reloads.map(overheadOf);
    const ms = (values: number[]) => formatSummary(summarize(values), 0);
    const row = (name: string, of: (timeline: Timeline) => number) => [
      name,
      ...[lives, reloads, busy].map((timelines) => ms(timelines.map(of))),
    ];
    const steps = [
      ["ms", "live switch", "reload switch", "live switch, busy site"],
      ...STEPS.map((step) => row(step, ({ steps }) => steps[step])),
      row("all of it", ({ whole }) => whole),
      row("without the service's own start", overheadOf),
      row("from zdd's start to the switch", ({ untilSwitch }) => untilSwitch),
    ];
    const beside = (name: string, values: number[]) => [
      name,
      ms(values),
      ...[bare, scripts].map((partner) =>
        formatSummary(summarize(ratios(values, partner)))
      ),
    ];
    return {
      tables: [steps, [
        ["without the service's own start", "ms", "/ reload", "/ script"],
        beside("zdd, live switch", liveTimes),
        beside("zdd, reload switch", reloadTimes),
        beside("a bare reload of nginx, until it serves", bare),
        beside("script: 100 ms polls, reload, sleep 1", scripts),
      ]],
      notes: [
        "The site is idle, but for the last column: there 20 clients keep " +
        "nginx's connections to the old instance busy, which nginx closes 100 " +
        "ms after their last request; until then the drain waits. The new one " +
        "serves already.",
        "The script does as the first zdd did: it looks for the port file every " +
        "100 ms, reloads, and sleeps a second.",
        "nginx itself waits 100 ms between starting new workers and retiring " +
        "the old: no reload is faster.",
      ],
      // On a busy machine everything but nginx's sleep of 100 ms takes longer, so bands are
      // wide.
      checks: [
        {
          what: "overhead of a live deploy / a bare reload",
          value: median(ratios(liveTimes, bare)),
          bound: "most",
          aim: 0.5,
          band: 7.5,
        },
        {
          what: "overhead of a deploy with a reload / a bare reload",
          value: median(ratios(reloadTimes, bare)),
          bound: "most",
          aim: 1.5,
          band: 9,
        },
      ],
      charts: {
        overhead: await barChart({
          title:
            "Overhead of a deploy on an idle site, less the service's own " +
            "start",
          unit: "ms",
          digits: 0,
          bars: [
            { label: "zdd, live switch", parts: partsOf(lives) },
            { label: "zdd, reload switch", parts: partsOf(reloads) },
            { label: "a bare reload of nginx", parts: one(bare) },
            { label: "script: reload, sleep 1, stop", parts: one(scripts) },
          ],
        }),
      },
      data: { lives, reloads, busy, bare, scripts },
    };
  },
};

function partsOf(timelines: Timeline[]): Part[] {
  return STEPS.filter((step) => step !== OWN).map((step) => ({
    name: step,
    value: median(timelines.map(({ steps }) => steps[step])),
  }));
}

function one(values: number[]): Part[] {
  return [{ name: "", value: median(values) }];
}

/** The time from `nginx -s reload` until no old worker takes connections, in ms. */
async function timeReload(site: Site): Promise<number> {
  const master = identify(Number(site.read("nginx.pid")));
  if (master === undefined) throw new Error("nginx is gone");
  const before = new Set(workersOf(master).map(({ process }) => process.pid));
  const began = performance.now();
  await reloadNginx(site);
  for (;;) {
    const taking = workersOf(master).filter(({ shuttingDown }) =>
      !shuttingDown
    );
    const isDone = taking.length > 0 &&
      !taking.some(({ process }) => before.has(process.pid));
    if (isDone) return performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The time of the script's deploy without the service's own start, in ms. */
async function timeScript(script: ScriptSite): Promise<number> {
  const began = performance.now();
  await script.deploy("exits");
  const took = performance.now() - began;
  const own = ownStart(script.site);
  return took - (own.ready - own.began);
}
