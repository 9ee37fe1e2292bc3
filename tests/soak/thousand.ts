import { fromFileUrl } from "@std/path";
import { printMessage, printResult } from "../../lib/cli/output.ts";
import { formatTable } from "../../lib/cli/table.ts";
import { stopwatch } from "../../lib/deploy/report.ts";
import { messageOf } from "../../lib/error.ts";
import { sendSignal } from "../../lib/system/process.ts";
import { formatDuration } from "../../lib/text/duration.ts";
import { CrashSite } from "../crash/crash_site.ts";
import { Mutator, seed } from "../fuzz/mutator.ts";
import { Site } from "../support/site.ts";
import { Crowd } from "./crowd.ts";
import { type Footprint, footprintOf } from "./footprint.ts";

const APP = fromFileUrl(new URL("restarting.mjs", import.meta.url));
/** Until zddeploy has read its files and begins, in ms. */
const BEGINNING = 60;
/** After so many troubles it is over. */
const MOST_TROUBLES = 5;

/** What happens on a site for which a thousand deploys are nothing special. */
class Soak {
  readonly counts = new Map<string, number>();
  readonly troubles: string[] = [];
  readonly times: number[] = [];
  readonly footprints: Footprint[] = [];
  #releases = 0;
  /** How long a deploy takes, in ms; learned as the run goes on. */
  #most = 600;

  constructor(
    readonly own: CrashSite,
    readonly crowd: Crowd,
    readonly random: Mutator,
  ) {}

  /** How many releases were put live, or next to the one that serves. */
  get deploys(): number {
    return this.times.length;
  }

  /** Does one thing at random, and checks that nothing is left of it. */
  async step(): Promise<void> {
    const [name, act] = this.#choose();
    try {
      await act();
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
      if (this.random.below(10) === 0) await this.own.assertWhole();
    } catch (error) {
      this.troubles.push(
        `deploy ${this.deploys}, ${name}: ${messageOf(error)}`,
      );
    }
  }

  #choose(): [string, () => Promise<void>] {
    const { standby } = this.own.web;
    const dice = this.random.below(100);
    if (dice < 12) return ["zddeploy was killed", () => this.#crash()];
    if (dice < 20) return ["a canary was ended", () => this.#canary()];
    if (dice < 26) return ["workers were restarted", () => this.#restart()];
    if (dice < 30 && standby.length > 0) {
      return ["the standby was killed", () => this.#killStandby()];
    }
    if (dice < 36 && standby.length > 0) {
      return ["rolled back", () => this.#zdd("rollback")];
    }
    if (dice < 38) return ["nginx was reloaded", () => this.#reload()];
    if (dice < 42) {
      return [
        "requests were held",
        () => this.#zdd("pause", "--", "sleep", "0.1"),
      ];
    }
    return ["deployed only", () => this.#deploy()];
  }

  async #zdd(command: string, ...args: string[]): Promise<void> {
    await this.own.site.deploy(command, "--quiet", ...args);
  }

  async #deploy(...args: string[]): Promise<void> {
    const took = stopwatch();
    await this.#zdd("deploy", "--release", `r${++this.#releases}`, ...args);
    this.times.push(took());
    this.#most = Math.max(100, Math.min(this.#most * 1.02, 3 * took()));
  }

  /** Kills a deploy, and lets the next one or `start` repair what is left. */
  async #crash(): Promise<void> {
    const { own: { site }, random } = this;
    const deploy = site.start("deploy", "--quiet");
    const after = BEGINNING + random.below(this.#most);
    const timer = setTimeout(() => deploy.kill("SIGKILL"), after);
    await deploy.outcome();
    clearTimeout(timer);
    if (random.below(2) === 0) await this.#zdd("start");
    else await this.#deploy();
  }

  /** Gives a release some of the requests, then more, then all or none. */
  async #canary(): Promise<void> {
    await this.#deploy("--canary", "10");
    await this.#zdd("canary", "50");
    await this.#zdd(this.random.pick(["promote", "abort"]));
  }

  /** Lets the instance that serves go on in another worker. */
  async #restart(): Promise<void> {
    const [current] = this.own.web.current;
    if (current !== undefined) sendSignal(current.process, "SIGUSR2");
    // A deploy may meet both.
    if (this.random.below(2) === 0) await this.#deploy();
  }

  async #killStandby(): Promise<void> {
    const [standby] = this.own.web.standby;
    if (standby !== undefined) sendSignal(standby.process, "SIGKILL");
    await this.#deploy();
  }

  /** Changes the template. nginx cuts kept connections then, so nobody has one meanwhile. */
  async #reload(): Promise<void> {
    const { site } = this.own;
    await this.crowd.withoutKeepers(async () => {
      const template = site.read("nginx.conf.template")
        .replace(/^# .*\n|^/, `# ${this.#releases}\n`);
      site.write("nginx.conf.template", template);
      await this.#deploy();
    });
  }

  async measure(): Promise<void> {
    const site = this.own.site;
    this.footprints.push(await footprintOf(site, this.deploys));
  }
}

/** Returns whether nothing was lost, nothing is left, and nothing has grown. */
async function main(count: number): Promise<boolean> {
  await using own = CrashSite.over(
    await Site.live({ start: `node ${APP}`, lines: ["standby: yes"] })
      .deployed(),
  );
  await using crowd = await Crowd.come(own.site);
  const soak = new Soak(own, crowd, new Mutator(seed));
  const took = stopwatch();
  const every = Math.ceil(count / 10);
  let isOver = false;
  Deno.addSignalListener("SIGINT", () => isOver = true); // it tells what it has seen
  const goesOn = () =>
    !isOver && soak.deploys < count && soak.troubles.length < MOST_TROUBLES;
  while (goesOn()) {
    if (soak.deploys >= soak.footprints.length * every) {
      await soak.measure();
      printMessage(`${soak.deploys} of ${count}, ${formatDuration(took())}`);
    }
    await soak.step();
  }
  await own.assertWhole();
  await soak.measure();
  const { requests, failed, failures } = await crowd.leave();
  const times = soak.times.toSorted((a, b) => a - b);
  printResult([
    `${soak.deploys} deploys in ${formatDuration(took())} (seed ${seed}): ` +
    `${requests} requests, ${failed} failed`,
    `a deploy: median ${formatDuration(times[times.length >> 1] ?? 0)}, most ` +
    formatDuration(times.at(-1) ?? 0),
    formatTable([["what happened", "times"], ...counted(soak.counts)]),
    formatTable(tableOf(soak.footprints)),
    ...soak.troubles.map((trouble) => `TROUBLE: ${trouble}`),
    ...failures.slice(0, 5).map((failure) => JSON.stringify(failure)),
  ].join("\n"));
  return failed === 0 && soak.troubles.length === 0;
}

function counted(counts: Map<string, number>): string[][] {
  return [...counts].toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => [name, String(count)]);
}

function tableOf(footprints: Footprint[]): string[][] {
  return [
    ["after", "processes", "nginx, MB", "zddeploy, MB", "files", "KB"],
    ...footprints.map((one) => [
      `${one.deploys} deploys`,
      String(one.processes),
      (one.nginx / 2 ** 20).toFixed(1),
      (one.zddeploy / 2 ** 20).toFixed(1),
      String(one.files),
      (one.bytes / 1024).toFixed(1),
    ]),
  ];
}

if (import.meta.main) {
  const [count = "1000"] = Deno.args;
  Deno.exit(await main(Number(count)) ? 0 : 1);
}
