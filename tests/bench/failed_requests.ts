import { NGINX } from "../../tasks/packages.ts";
import { formatDuration } from "../../lib/text/duration.ts";
import { messageOf } from "../../lib/error.ts";
import type { Bench, Check, Findings } from "./bench.ts";
import { Clients } from "./clients.ts";
import { PARTNERS } from "./partners/all.ts";
import { nginxReload } from "./partners/nginx_reload.ts";
import type { Partner } from "./partners/partner.ts";
import { zdd } from "./partners/zdd.ts";
import { countChanges, type Losses, lossesOf } from "./requests.ts";
import { type Ending, sleep } from "./site.ts";
import { formatSummary, median, summarize } from "./statistics.ts";
import { barChart } from "./chart.ts";

/** The outcome of the requests during a few deploys. */
interface Round {
  deploys: number;
  losses: Losses;
  /** How often the answers changed for one deploy. */
  changes: number;
  /** How long a deploy took, in ms. */
  time: number;
}

/** One partner with one kind of service. */
interface Row {
  partner: Partner;
  ending: Ending;
  rounds: Round[];
  /** Why there are no figures. */
  absent?: string;
}

const LIVE = zdd("live").name;

export const failedRequests: Bench = {
  name: "failed-requests",
  title: "Failed requests",
  needs: [NGINX],
  async run({ quick, rounds = quick ? 1 : 5, progress }) {
    const partners = quick
      ? [zdd("live"), zdd("reload"), nginxReload]
      : PARTNERS;
    const deploys = 2;
    const rows = partners.flatMap((partner): Row[] => [
      { partner, ending: "drains", rounds: [] },
      { partner, ending: "exits", rounds: [] },
    ]);
    for (let round = 0; round < rounds; round++) {
      for (const row of round % 2 === 0 ? rows : rows.toReversed()) {
        if (row.absent !== undefined) continue;
        const { partner: { name }, ending } = row;
        progress(`${name}, the service ${ending}, ${round + 1} of ${rounds}`);
        await addRound(row, deploys);
      }
    }
    return findings(rows, rounds * deploys);
  },
};

async function addRound(row: Row, deploys: number): Promise<void> {
  row.absent = await row.partner.missing();
  if (row.absent !== undefined) return;
  try {
    row.rounds.push(await measure(row, deploys));
  } catch (error) {
    row.absent = `failed: ${messageOf(error).slice(0, 60)}`;
  }
}

async function measure(
  { partner, ending }: Row,
  deploys: number,
): Promise<Round> {
  await using running = await partner.start(ending);
  using clients = await Clients.start({ url: running.url, closing: 20 });
  await sleep(500);
  const times: number[] = [];
  for (let release = 1; release <= deploys; release++) {
    const began = performance.now();
    await running.deploy(release);
    times.push(performance.now() - began);
    await sleep(running.settle);
  }
  const outcomes = await clients.stop();
  return {
    deploys,
    losses: lossesOf(outcomes),
    changes: countChanges(outcomes) / deploys,
    time: median(times),
  };
}

async function findings(
  rows: Row[],
  deploys: number,
): Promise<Findings> {
  const table = [[
    "deployed by",
    "the service",
    "requests",
    "lost",
    "lost by a deploy",
    "kept / new connection",
    "GET / POST",
    "how",
    "changes a deploy",
    "a deploy takes",
  ], ...rows.map(cells)];
  return {
    tables: [table],
    notes: [
      `20 clients that keep their connections and 20 with "Connection: close", ` +
      `GET and POST in turn, ${deploys} deploys a row, in several rounds. "Lost" ` +
      "is the sum, the rest are medians of the rounds, with the smallest and " +
      "the largest. A request without a whole and right answer in 5 s hangs.",
      '"Kept": the connection had brought an answer before; "new": it was ' +
      "opened for this request.",
      "A service that drains answers what still comes, tells clients to close, " +
      "and closes what is idle after a second; one that just exits does so.",
      "nginx, HAProxy and caddy: the reload alone, between two instances that " +
      "run on. pm2, gunicorn and Server::Starter have no proxy in front.",
      '"Changes": how often the answers went from one release to another, as ' +
      "far as requests that overlap can't explain it. 1 is a switch at one " +
      "instant; mixed answers are more, and less than 1 means that a release " +
      "never answered.",
    ],
    checks: checksOf(rows),
    charts: { "failed-requests": await chart(rows) },
    data: rows.map(({ partner, ...row }) => ({
      ...row,
      partner: partner.name,
    })),
  };
}

function labelOf({ partner, ending }: Row): [string, string] {
  return [partner.name, partner.endings[ending]];
}

function cells(row: Row): string[] {
  const { rounds, absent } = row;
  if (absent !== undefined) return [...labelOf(row), absent];
  const sum = (of: (losses: Losses) => number) =>
    rounds.reduce((sum, { losses }) => sum + of(losses), 0);
  const figure = (of: (round: Round) => number) =>
    formatSummary(summarize(rounds.map(of)), 1);
  return [
    ...labelOf(row),
    String(sum(({ requests }) => requests)),
    String(sum(({ lost }) => lost)),
    figure(({ losses, deploys }) => losses.lost / deploys),
    `${sum(({ reused }) => reused)} / ${sum(({ fresh }) => fresh)}`,
    `${sum(({ get }) => get)} / ${sum(({ post }) => post)}`,
    kindsOf(rounds),
    figure(({ changes }) => changes),
    formatDuration(median(rounds.map(({ time }) => time))),
  ];
}

/** `3 reset, 1 hang`. */
function kindsOf(rounds: Round[]): string {
  const sums: Record<string, number> = {};
  for (const { losses } of rounds) {
    for (const [kind, count] of Object.entries(losses.kinds)) {
      sums[kind] = (sums[kind] ?? 0) + count;
    }
  }
  return Object.entries(sums).map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

/** These are counts: they hold on any machine, so the band is the aim. */
function checksOf(rows: Row[]): Check[] {
  return rows.filter(({ partner }) => partner.name === LIVE).flatMap((row) => {
    const of = labelOf(row).join(", the service ");
    const isAbsent = row.rounds.length === 0;
    const other = row.rounds.find(({ changes }) => changes !== 1);
    const lost = row.rounds.map(({ losses }) => losses.lost);
    return [
      {
        what: `${of}: requests lost`,
        value: isAbsent ? NaN : Math.max(...lost),
        bound: "exactly",
        aim: 0,
        band: 0,
      },
      {
        what: `${of}: changes a deploy`,
        value: isAbsent ? NaN : other?.changes ?? 1,
        bound: "exactly",
        aim: 1,
        band: 1,
      },
    ] satisfies Check[];
  });
}

async function chart(rows: Row[]): Promise<string> {
  const parts = [
    { name: "on a kept connection", of: ({ reused }: Losses) => reused },
    { name: "on a new connection", of: ({ fresh }: Losses) => fresh },
  ];
  return await barChart({
    title: "Requests lost by one deploy, under 40 busy clients",
    unit: "requests",
    digits: 1,
    bars: rows.map((row) => ({
      label: labelOf(row).join(" · "),
      absent: row.absent,
      parts: row.absent !== undefined ? [] : parts.map(({ name, of }) => ({
        name,
        value: mean(
          row.rounds.map(({ losses, deploys }) => of(losses) / deploys),
        ),
      })),
    })),
  });
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
