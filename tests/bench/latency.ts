import { NGINX } from "../../tasks/packages.ts";
import { messageOf } from "../../lib/error.ts";
import type { Bench, Check } from "./bench.ts";
import { Clients } from "./clients.ts";
import type { Partner } from "./partners/partner.ts";
import { pm2 } from "./partners/pm2.ts";
import { nginxReload } from "./partners/nginx_reload.ts";
import { zdd } from "./partners/zdd.ts";
import { lossesOf, type Moment, momentsOf } from "./requests.ts";
import { sleep } from "./site.ts";
import { percentile } from "./statistics.ts";
import { lineChart, type Panel } from "./chart.ts";

/** The pause between two deploys, in ms. It is the same for all, to compare the charts. */
const PAUSE = 2000;
/** The time before the first deploy and after the last, in ms. */
const QUIET = 3000;

/** What the clients of one partner saw over time. */
interface Course {
  name: string;
  moments: Moment[];
  /** When the deploys began, in ms after the start. */
  deploys: number[];
  lost: number;
  p50: number;
  p99: number;
  max: number;
}

export const latency: Bench = {
  name: "latency",
  title: "Latency over ten deploys",
  needs: [NGINX],
  async run({ quick, rounds = quick ? 2 : 10, progress }) {
    const partners = quick
      ? [zdd("live"), nginxReload]
      : [zdd("live"), nginxReload, pm2];
    const courses: Course[] = [];
    const rows = [["ms", "p50", "p99", "max", "lost"]];
    for (const partner of partners) {
      progress(partner.name);
      const absent = await partner.missing();
      if (absent !== undefined) {
        rows.push([partner.name, absent]);
        continue;
      }
      try {
        const course = await follow(partner, rounds);
        courses.push(course);
        const { name, p50, p99, max, lost } = course;
        const times = [p50, p99, max].map((ms) => ms.toFixed(1));
        rows.push([name, ...times, String(lost)]);
      } catch (error) {
        rows.push([partner.name, `failed: ${messageOf(error).slice(0, 60)}`]);
      }
    }
    return {
      tables: [rows],
      notes: [
        `20 clients that keep their connections, ${rounds} deploys, ` +
        `${PAUSE / 1000} s between two. zdd and pm2 start a new process for ` +
        "each on the processors that serve; nginx is only reloaded, between " +
        "two instances that run on. The service just exits. A lost request has " +
        "no latency.",
      ],
      checks: checksOf(courses),
      charts: {
        latency: await lineChart({
          title: "Latency under 20 busy clients, per 100 ms",
          x: "seconds",
          y: "ms",
          logarithmic: true,
          explanation: "dashed: a deploy begins · red: requests lost",
          panels: courses.map(panelOf),
        }),
      },
      data: courses,
    };
  },
};

async function follow(partner: Partner, rounds: number): Promise<Course> {
  await using running = await partner.start("exits");
  using clients = await Clients.start({ url: running.url });
  await sleep(1000); // until everything is warm
  const start = Date.now();
  const deploys: number[] = [];
  await sleep(QUIET);
  for (let release = 1; release <= rounds; release++) {
    deploys.push(Date.now() - start);
    await running.deploy(release);
    await sleep(PAUSE);
  }
  await sleep(QUIET - PAUSE);
  const end = Date.now();
  const outcomes = (await clients.stop()).filter(({ ended }) => ended >= start);
  const latencies = outcomes.filter(({ failure }) => failure === undefined)
    .map(({ began, ended }) => ended - began);
  return {
    name: partner.name,
    moments: momentsOf(outcomes, start, end),
    deploys,
    lost: lossesOf(outcomes).lost,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    max: percentile(latencies, 1),
  };
}

function panelOf({ name, moments, deploys, lost }: Course): Panel {
  const series = (["max", "p99", "p50"] as const).map((figure) => ({
    name: figure,
    points: moments.map((moment) => ({
      x: moment.at / 1000,
      y: moment[figure],
    })),
  }));
  return {
    title: `${name}: ${lost} requests lost`,
    series,
    marks: deploys.map((at) => at / 1000),
    losses: moments.filter(({ lost }) => lost > 0)
      .map(({ at, lost }) => ({ x: at / 1000, count: lost })),
  };
}

function checksOf(courses: Course[]): Check[] {
  const [live, reload] = courses;
  if (live === undefined || reload === undefined) return [];
  return [
    {
      what: `${live.name}: requests lost`,
      value: live.lost,
      bound: "exactly",
      aim: 0,
      band: 0,
    },
    {
      what: `median latency, ${live.name} / ${reload.name}`,
      value: live.p50 / reload.p50,
      bound: "most",
      aim: 1.25,
      // The new process takes processor time that the reload doesn't need.
      band: 3,
    },
  ];
}
