import { NGINX, WRK } from "../../tasks/packages.ts";
import { deployConf, liveTemplate } from "../support/project.ts";
import type { Bench, Check } from "./bench.ts";
import { appCommand, openSite, run, type Site } from "./site.ts";
import {
  alternate,
  formatSummary,
  median,
  ratios,
  summarize,
} from "./statistics.ts";

/** A service behind nginx, and how nginx connects to it. */
interface Case {
  service: string;
  name: string;
  pool: boolean;
  /** The lines of its section. */
  section: string[];
  /** The part of the throughput that the live switch must reach, on a quiet machine. */
  aim: number;
  /** nginx's processor time at most, as a multiple of that with a static upstream. */
  processorAim: number;
}

const CASES: Case[] = [
  {
    service: "web",
    name: "Node, with a pool of connections",
    pool: true,
    section: ["port: env", `start: ${appCommand("exits").join(" ")}`],
    aim: 0.95,
    processorAim: 1.25,
  },
  {
    service: "own",
    name: "Node, a connection a request",
    pool: false,
    section: [
      "pid_file: own.pid",
      `start: ${appCommand("exits", "release", "own.pid").join(" ")}`,
    ],
    aim: 0.95,
    processorAim: 1.2,
  },
  {
    service: "bare",
    name: "a bare nginx, with a pool",
    pool: true,
    section: [
      "port: env",
      'start: sed "s/PORT/$PORT/" bare.conf.in >bare.$PORT.conf && ' +
      "exec nginx -e bare.log -p . -c bare.$PORT.conf",
    ],
    // The service does almost nothing, so that mostly nginx's own work is measured.
    aim: 0.8,
    processorAim: 1.25,
  },
];

/** A server that answers with the least possible work. */
const BARE = `\
daemon off;
pid bare.PORT.pid;
error_log bare.log;
events {}
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path nginx-temp;
    proxy_temp_path nginx-temp;
    fastcgi_temp_path nginx-temp;
    uwsgi_temp_path nginx-temp;
    scgi_temp_path nginx-temp;
    server {
        listen 127.0.0.1:PORT;
        return 200 "bare\\n";
    }
}
`;

export const throughput: Bench = {
  name: "throughput",
  title: "Throughput",
  needs: [NGINX, WRK],
  async run({ quick, rounds = quick ? 3 : 8, progress }) {
    const seconds = quick ? 1 : 3;
    const cases = quick ? CASES.slice(0, 2) : CASES;
    await using site = openSite({
      "release": "r0",
      "bare.conf.in": BARE,
      "deploy.conf": deployConf({
        services: cases.map(({ service, section }) =>
          [`[service:${service}]`, ...section, ""].join("\n")
        ),
      }),
      "nginx.conf.template": liveTemplate({
        locations: cases.map(live).join("\n"),
        http: [
          ...cases.map(upstream),
          // In a server without `choose`.
          `server { listen 127.0.0.1:%PORT%; server_name ${STATIC};`,
          ...cases.map(fixed),
          "}",
        ].join("\n"),
      }),
    });
    await site.deploy();
    const rows = [["behind nginx", "live / static", "live", "static"]];
    const times = [[
      "nginx's processor time",
      "live / static",
      "live",
      "static",
    ]];
    const checks: Check[] = [];
    const data: Record<string, Record<string, number[]>> = {};
    for (const { service, name, aim, processorAim } of cases) {
      progress(name);
      const spent: Record<"live" | "static", number[]> = {
        live: [],
        static: [],
      };
      const rate = (way: "live" | "static") => async () => {
        const before = processorTime(site);
        const { perSecond, requests } = await load(site, way, service, seconds);
        spent[way].push((processorTime(site) - before) / requests);
        return perSecond;
      };
      const rates = await alternate(rounds, {
        live: rate("live"),
        static: rate("static"),
      });
      data[service] = rates;
      data[`${service}, µs`] = spent;
      const shares = ratios(rates.live, rates.static);
      rows.push([
        name,
        formatSummary(summarize(shares)),
        formatSummary(summarize(rates.live), 0),
        formatSummary(summarize(rates.static), 0),
      ]);
      checks.push({
        what: `throughput, live / static, ${name}`,
        value: median(shares),
        bound: "least",
        aim,
        // A less efficient lookup of the instance would be far below that.
        band: 0.6,
      });
      const dearer = ratios(spent.live, spent.static);
      times.push([
        name,
        formatSummary(summarize(dearer)),
        formatSummary(summarize(spent.live), 1),
        formatSummary(summarize(spent.static), 1),
      ]);
      checks.push({
        what: `nginx's processor time, live / static, ${name}`,
        value: median(dearer),
        bound: "most",
        aim: processorAim,
        band: 1.6,
      });
    }
    return {
      tables: [rows, times],
      notes: [
        "Requests a second that wrk makes (one thread, 20 connections, " +
        `${seconds} s, ${rounds} rounds in turn). One nginx has all locations; ` +
        "live and static lead to the same instance, with the same headers, in a " +
        "server each. " +
        "The processor time is that of nginx's workers, in µs a request.",
      ],
      checks,
      charts: {},
      data,
    };
  },
};

/** The name of the server with static upstreams. */
const STATIC = "static";

/** A service behind the live switch. */
function live({ service }: Case): string {
  return `location /${service} { <%= it.live.pass("${service}") %> }`;
}

/** The same behind a static upstream, with the same headers. */
function fixed({ service, pool }: Case): string {
  const headers = `proxy_http_version 1.1;
            proxy_set_header Connection ${pool ? '""' : "close"};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;`;
  return `location /${service} { proxy_pass http://static_${service}; ${headers} }`;
}

function upstream({ service, pool }: Case): string {
  return `upstream static_${service} { server 127.0.0.1:{${service}}; ` +
    `${pool ? "keepalive 32;" : ""} }`;
}

/** What wrk achieves in a number of seconds. */
async function load(
  site: Site,
  host: "live" | "static",
  service: string,
  seconds: number,
): Promise<{ perSecond: number; requests: number }> {
  const url = `http://127.0.0.1:${site.port}/${service}`;
  const args = [
    ...["-t", "1", "-c", "20", "-d", `${seconds}s`, "--timeout", "60s"],
    ...["--header", `Host: ${host}`],
  ];
  const text = await run(site, "wrk", ...args, url);
  const perSecond = Number(/^Requests\/sec: +([\d.]+)$/m.exec(text)?.[1]);
  const requests = Number(/^ +(\d+) requests in /m.exec(text)?.[1]);
  const isClean = !/Socket errors|Non-2xx/.test(text);
  if (isClean && perSecond > 0 && requests > 0) return { perSecond, requests };
  throw new Error(`Expected good answers from ${url}, got "${text}"`);
}

/** The total processor time of nginx's workers, in µs (proc(5), schedstat: ns). */
function processorTime(site: Site): number {
  return site.activeWorkers().reduce((sum, pid) => {
    const [ns] = Deno.readTextFileSync(`/proc/${pid}/schedstat`).split(" ");
    return sum + Number(ns) / 1000;
  }, 0);
}
