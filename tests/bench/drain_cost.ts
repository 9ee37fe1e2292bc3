import { fromFileUrl } from "@std/path";
import { ZDD } from "../support/site.ts";
import type { Check, How } from "./bench.ts";
import { zddSite } from "./partners/zdd.ts";
import { type Cost, costOf } from "./resources.ts";
import { type Site, sleep } from "./site.ts";
import { formatSummary, median, ratios, summarize } from "./statistics.ts";

const HOLDER = fromFileUrl(new URL("idle_connections.ts", import.meta.url));
/** How long the old instance is at least busy after the switch, in ms. */
const BUSY = 1000;

/**
 * The cost of a deploy that waits for a request of the old instance, with and without many
 * open connections on the host, among which it must find the few that matter.
 */
export async function measureDrain({ quick, progress }: How): Promise<{
  table: string[][];
  notes: string[];
  checks: Check[];
  data: unknown;
}> {
  const connections = quick ? 2000 : 10_000;
  const rounds = quick ? 2 : 5;
  await using site = await zddSite("live", "exits");
  const without: Cost[] = [];
  const beside: Cost[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`drain, round ${round + 1} of ${rounds}`);
    without.push(await deployWhileBusy(site));
    // Two processes, since the number of files that one may open is limited.
    const holders = [
      await hold(site, connections / 2),
      await hold(site, connections / 2),
    ];
    beside.push(await deployWhileBusy(site));
    for (const holder of holders) {
      holder.kill("SIGKILL");
      await holder.output();
    }
  }
  const row = (name: string, of: (cost: Cost) => number) => {
    const [few, many] = [without.map(of), beside.map(of)];
    return [
      name,
      formatSummary(summarize(few), 0),
      formatSummary(summarize(many), 0),
      formatSummary(summarize(ratios(many, few))),
    ];
  };
  const wall = ({ wall }: Cost) => wall;
  const cpu = ({ cpu }: Cost) => cpu;
  const ratio = (of: (cost: Cost) => number) =>
    median(ratios(beside.map(of), without.map(of)));
  return {
    table: [
      [
        "a deploy that drains for a second",
        "alone",
        `beside ${connections} connections`,
        "ratio",
      ],
      row("wall, ms", wall),
      row("processor, ms", cpu),
    ],
    notes: [
      `${connections} connections are open on the host, each with both ends ` +
      "there, while the drain looks for those to the old instance.",
    ],
    checks: [
      {
        what: "time of a deploy beside many connections / alone",
        value: ratio(wall),
        bound: "most",
        aim: 1.1,
        // If a look takes as long as the pause between two, the figure is far higher.
        band: 1.5,
      },
      {
        what: "processor time of a deploy beside many connections / alone",
        value: ratio(cpu),
        bound: "most",
        aim: 1.2,
        // Reading every connection as text costs more.
        band: 2.5,
      },
    ],
    data: { connections, without, beside },
  };
}

/** Deploys while the old instance has a request to answer. */
async function deployWhileBusy(site: Site): Promise<Cost> {
  const url = `http://127.0.0.1:${site.port}/slow?${BUSY}`;
  const answer = fetch(url, { headers: { connection: "close" } })
    .then((response) => response.text());
  await sleep(100); // until the request has arrived
  const cost = await costOf([...ZDD, "--quiet"], { cwd: site.directory });
  await answer;
  return cost;
}

/** Opens connections in a separate process. */
async function hold(site: Site, count: number): Promise<Deno.ChildProcess> {
  const holder = site.command(
    Deno.execPath(),
    ...["run", "--allow-net", "--no-lock", "--no-config"],
    ...[HOLDER, String(count)],
  ).spawn();
  const reader = holder.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  if (value !== undefined) return holder;
  const { stderr } = await holder.output();
  throw new Error(
    `Cannot open ${count} connections: ${new TextDecoder().decode(stderr)}`,
  );
}
