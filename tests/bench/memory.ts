import { NGINX } from "../../tasks/packages.ts";
import { commandLine } from "../../lib/system/process.ts";
import { messageOf } from "../../lib/error.ts";
import type { Bench } from "./bench.ts";
import { pm2, Pm2Site } from "./partners/pm2.ts";
import { zddSite } from "./partners/zdd.ts";
import { peakMemory, residentMemory } from "./resources.ts";
import { formatSummary, summarize } from "./statistics.ts";

const MIB = 2 ** 20;

export const memory: Bench = {
  name: "memory",
  title: "Memory",
  needs: [NGINX],
  async run({ quick, rounds = quick ? 1 : 5, progress }) {
    await using site = await zddSite("live", "exits");
    const peaks: number[] = [];
    for (let round = 0; round < rounds; round++) {
      progress(`deploy ${round + 1} of ${rounds}`);
      const child = site.zddCommand("--quiet").spawn();
      child.stdout.cancel();
      child.stderr.cancel();
      peaks.push(await peakMemory(child) / MIB);
    }
    const service = /\/app\.mjs |^nginx: /;
    const resident = site.processes().filter((pid) =>
      !service.test(commandLine(pid))
    );
    progress("pm2");
    const daemon = quick ? "not measured" : await pm2Daemon();
    return {
      tables: [[
        ["MB", ""],
        ["zdd, the most during a deploy", formatSummary(summarize(peaks), 1)],
        [
          "zdd, after it",
          `${(residentMemory(resident) / MIB).toFixed(1)}, ` +
          `${resident.length} processes`,
        ],
        ["pm2's daemon, all the time", daemon],
      ]],
      notes: ["The service and nginx are left out; 1 MB is 2^20 bytes."],
      checks: [{
        what: "processes of zdd's after a deploy",
        value: resident.length,
        bound: "exactly",
        aim: 0,
        band: 0,
      }],
      charts: {},
      data: { peaks, resident: resident.length, daemon },
    };
  },
};

/** The memory of pm2's daemon, which runs as long as the service. */
async function pm2Daemon(): Promise<string> {
  const missing = await pm2.missing();
  if (missing !== undefined) return missing;
  try {
    await using running = await Pm2Site.start("exits");
    return (residentMemory([running.daemon]) / MIB).toFixed(1);
  } catch (error) {
    return `failed: ${messageOf(error).slice(0, 60)}`;
  }
}
