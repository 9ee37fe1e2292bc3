import type { Bench } from "./bench.ts";
import type { Executables } from "./executables.ts";
import { costOf } from "./resources.ts";
import { formatSummary, median, ratios, summarize } from "./statistics.ts";

/** How often a program is run for one figure. */
const TIMES = 10;

/** How long the executable takes to start, compared with one that does nothing. */
export function startup({ empty, noZdd, noEmpty }: Executables): Bench {
  return {
    name: "startup",
    title: "Start-up of the executable",
    needs: [],
    async run({ quick, rounds = quick ? 4 : 20, progress }) {
      if (empty === undefined) {
        const reason = noZdd ?? noEmpty;
        return {
          tables: [],
          notes: [`Not measured, since there is no executable: ${reason}`],
          checks: [],
          charts: {},
          data: { reason },
        };
      }
      const zdd = [...(Deno.env.get("ZDD_BIN") ?? "").split(" "), "--version"];
      const costs = { zdd: wallAndCpu(), empty: wallAndCpu() };
      await costOf(zdd); // both are in the page cache from here on
      await costOf([empty]);
      for (let round = 0; round < rounds; round++) {
        progress(`round ${round + 1} of ${rounds}`);
        const both = [["zdd", zdd], ["empty", [empty]]] as const;
        for (const [name, command] of round % 2 ? both : both.toReversed()) {
          const { wall, cpu } = await costOf([...command], { times: TIMES });
          costs[name].wall.push(wall);
          costs[name].cpu.push(cpu);
        }
      }
      const wall = ratios(costs.zdd.wall, costs.empty.wall);
      const cpu = ratios(costs.zdd.cpu, costs.empty.cpu);
      const ms = (values: number[]) => formatSummary(summarize(values), 1);
      const times = (values: number[]) => formatSummary(summarize(values));
      return {
        tables: [[
          ["", "zddeploy --version", "an empty program", "ratio"],
          ["wall, ms", ms(costs.zdd.wall), ms(costs.empty.wall), times(wall)],
          [
            "processor, ms",
            ms(costs.zdd.cpu),
            ms(costs.empty.cpu),
            times(cpu),
          ],
        ]],
        notes: [
          `Both are compiled in the same way; the mean of ${TIMES} runs a figure, ` +
          `${rounds} figures in turn.`,
        ],
        checks: [
          {
            what: "start-up / an empty program's, wall",
            value: median(wall),
            bound: "most",
            aim: 1.15,
            // On a busy machine this varies. A second runtime would make it 2.
            band: 2,
          },
          {
            what: "start-up / an empty program's, processor",
            value: median(cpu),
            bound: "most",
            aim: 1.15,
            // Loading all modules one by one costs more than this.
            band: 1.6,
          },
        ],
        charts: {},
        data: costs,
      };
    },
  };
}

function wallAndCpu(): { wall: number[]; cpu: number[] } {
  return { wall: [], cpu: [] };
}
