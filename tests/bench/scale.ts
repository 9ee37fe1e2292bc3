import { NGINX } from "../../tasks/packages.ts";
import {
  deployConf,
  liveTemplate,
  serviceSection,
} from "../support/project.ts";
import { ZDD } from "../support/site.ts";
import type { Bench, Check, How } from "./bench.ts";
import { measureDrain } from "./drain_cost.ts";
import { costOf } from "./resources.ts";
import { freePort, openSite, type Site, untilListening } from "./site.ts";
import { formatSummary, median, slope, summarize } from "./statistics.ts";
import { lineChart, type Point } from "./chart.ts";

const BUSYBOX = {
  name: "busybox",
  program: "busybox",
  purpose: "a server that starts in no time",
};

/** What is scaled: services in one deploy.conf, or instances of one service. */
type Kind = "services" | "instances";

/** The times of one deploy of a number of them, in ms. */
interface Sample {
  kind: Kind;
  count: number;
  wall: number;
  cpu: number;
  /** How long it takes just to start as many in parallel, until they listen. */
  own: number;
}

export const scale: Bench = {
  name: "scale",
  title: "Scale",
  needs: [NGINX, BUSYBOX],
  async run(how) {
    const { quick, rounds = quick ? 1 : 3 } = how;
    const sizes: [Kind, number[]][] = quick
      ? [["services", [1, 20]], ["instances", [1, 20]]]
      : [["services", [1, 10, 50, 100]], ["instances", [1, 10, 25, 50]]];
    const samples: Sample[] = [];
    for (const [kind, counts] of sizes) {
      for (const count of counts) {
        samples.push(...await measure(kind, count, rounds, how));
      }
    }
    const drain = await measureDrain(how);
    return {
      tables: [tableOf(samples), drain.table],
      notes: [
        'Each is a BusyBox httpd, switched live on an idle site. "Started" is ' +
        "the time until as many of them listen that are just started, side by " +
        "side, in the same round.",
        ...drain.notes,
      ],
      checks: [
        ...(["services", "instances"] as const).flatMap((kind) =>
          checksOf(samples, kind)
        ),
        ...drain.checks,
      ],
      charts: {
        scale: await lineChart({
          title: "A deploy of many services: its time beyond their own start",
          x: "services, or instances of one service",
          y: "ms",
          panels: [{
            title: "",
            series: (["services", "instances"] as const).map((kind) => ({
              name: kind,
              points: pointsOf(samples, kind, beyond),
            })),
          }],
        }),
      },
      data: { samples, drain: drain.data },
    };
  },
};

async function measure(
  kind: Kind,
  count: number,
  rounds: number,
  { progress }: How,
): Promise<Sample[]> {
  await using site = openSite(filesFor(kind, count));
  await site.deploy("--quiet");
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`${count} ${kind}, round ${round + 1} of ${rounds}`);
    const own = await timeStarts(site, count);
    const { wall, cpu } = await costOf([...ZDD, "--quiet"], {
      cwd: site.directory,
    });
    samples.push({ kind, count, wall, cpu, own });
  }
  return samples;
}

function filesFor(kind: Kind, count: number): Record<string, string> {
  const start = "busybox httpd -f -p 127.0.0.1:{port}";
  const names = kind === "instances"
    ? ["web"]
    : Array.from({ length: count }, (_, i) => `web${i + 1}`);
  const instances = kind === "instances" ? count : 1;
  const sections = names.map((name) =>
    serviceSection({ name, start, lines: [`instances: ${instances}`] })
  );
  const locations = names.map((name) =>
    `location /${name}/ { <%= it.live.pass("${name}") %> }`
  ).join("\n        ");
  return {
    "deploy.conf": deployConf({ services: sections }),
    "nginx.conf.template": liveTemplate({ locations }),
  };
}

/** Starts a number of servers, and ends them. Returns the ms until all of them listened. */
async function timeStarts(site: Site, count: number): Promise<number> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(freePort());
  const began = performance.now();
  const servers = [...ports].map((port) =>
    site.command("busybox", "httpd", "-f", "-p", `127.0.0.1:${port}`).spawn()
  );
  await Promise.all([...ports].map(untilListening));
  const took = performance.now() - began;
  for (const server of servers) {
    server.kill("SIGTERM");
    await server.output();
  }
  return took;
}

function beyond({ wall, own }: Sample): number {
  return wall - own;
}

/** The medians of a figure by count. */
function pointsOf(
  samples: Sample[],
  kind: Kind,
  of: (sample: Sample) => number,
): Point[] {
  const own = samples.filter((sample) => sample.kind === kind);
  return [...new Set(own.map(({ count }) => count))].map((count) => ({
    x: count,
    y: median(own.filter((sample) => sample.count === count).map(of)),
  }));
}

function tableOf(samples: Sample[]): string[][] {
  const rows = [[
    "",
    "deployed, ms",
    "started, ms",
    "beyond, ms",
    "processor, ms",
  ]];
  for (const kind of ["services", "instances"] as const) {
    for (const { x: count } of pointsOf(samples, kind, beyond)) {
      const own = samples.filter((sample) =>
        sample.kind === kind && sample.count === count
      );
      const cell = (of: (sample: Sample) => number) =>
        formatSummary(summarize(own.map(of)), 0);
      rows.push([
        `${count} ${kind}`,
        cell(({ wall }) => wall),
        cell(({ own }) => own),
        cell(beyond),
        cell(({ cpu }) => cpu),
      ]);
    }
  }
  return rows;
}

/**
 * The wall time for one more, relative to deploying just one, so that it means the same on
 * a slow machine. The aim is 10 ms if one takes 150.
 */
function checksOf(samples: Sample[], kind: Kind): Check[] {
  const points = pointsOf(samples, kind, beyond);
  const cpu = pointsOf(samples, kind, ({ cpu }) => cpu);
  const one = points[0]?.y ?? NaN;
  return [
    {
      what: `time for each more of the ${kind} / that of one`,
      value: slope(points) / one,
      bound: "most",
      aim: 0.07,
      // Deploying one after the other would be 1.
      band: 0.75,
    },
    {
      what: `processor time for each more of the ${kind} / that of one`,
      value: slope(cpu) / (cpu[0]?.y ?? NaN),
      bound: "most",
      aim: 0.1,
      // The same.
      band: 0.75,
    },
    ...linearity(cpu, kind),
  ];
}

/** Whether the second half of the services costs as much as the first. */
function linearity(cpu: Point[], kind: Kind): Check[] {
  if (cpu.length < 4) return [];
  const early = slope(cpu.slice(0, 3));
  const late = slope(cpu.slice(-2));
  return [{
    what: `processor time for each of the last ${kind} / for each of the first`,
    value: late / early,
    bound: "most",
    aim: 1.25,
    // If each looks at all the others, it is about the number of services.
    band: 2.5,
  }];
}
