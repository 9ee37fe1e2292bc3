import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Journal } from "../../lib/state/journal.ts";
import { readProject } from "../../lib/deploy/read.ts";
import type { ServiceState, State } from "../../lib/state/state.ts";
import { readState } from "../../lib/state/state_file.ts";
import { StateDir } from "../../lib/state/state_dir.ts";
import { status } from "../../lib/deploy/look/status.ts";
import { allProcesses, environmentOf } from "../../lib/system/process.ts";
import type { Load, LoadResult } from "../support/load.ts";
import { Site, type SiteOptions } from "../support/site.ts";
import type { Outcome } from "../support/running_command.ts";

const DYING = fromFileUrl(new URL("dying.ts", import.meta.url));

export type Switch = "live" | "reload";

/** A site that is switched so. */
export function siteOf(kind: Switch, options?: SiteOptions): Site {
  return kind === "live" ? Site.live(options) : Site.classic(options);
}

/** What a zddeploy that was killed has left on the disk. */
export interface Remains {
  /** It died with a journal: `undo` before the commit, `close` behind it. */
  journal?: "undo" | "close";
  /** Which of its parts had been written. */
  stage: string;
  /** Instances that had stopped serving, and weren't told to stop. */
  unstopped: number;
}

export interface CrashSiteOptions {
  /** More lines of the section [service:web]. */
  lines?: string[];
  /** Whether clients ask all the time. */
  load?: boolean;
}

/** A site with one service, on which zddeploy dies again and again while clients ask. */
export class CrashSite implements AsyncDisposable {
  readonly directory: StateDir;
  #load?: Load;

  private constructor(readonly site: Site, stateDir = ".zdd") {
    this.directory = new StateDir(site.path(stateDir));
  }

  /** Deploys once. The clients keep their connections where no reload cuts them. */
  static async create(
    kind: Switch,
    { lines = [], load = true }: CrashSiteOptions = {},
  ): Promise<CrashSite> {
    const site = await siteOf(kind, { lines }).deployed();
    const own = new CrashSite(site);
    if (load) {
      const keepAlive = kind === "live";
      own.#load = await site.load({ clients: 6, keepAlive, pause: 5 });
    }
    return own;
  }

  /** Takes a site that has been deployed, without load. */
  static over(site: Site, stateDir?: string): CrashSite {
    return new CrashSite(site, stateDir);
  }

  /** The state as it is on the disk. */
  state(): State {
    const { state, damaged } = readState(this.directory);
    assertEquals(damaged, undefined);
    return state;
  }

  /** What the state says of the service. */
  get web(): ServiceState {
    const { web } = this.state().services;
    assert(web !== undefined);
    return web;
  }

  /** The names of all acts of a command, in their order: see dying.ts. */
  async acts(...args: string[]): Promise<string[]> {
    return await this.actsWith(0, ...args);
  }

  /** The same of a command that ends with an exit status. */
  async actsWith(status: number, ...args: string[]): Promise<string[]> {
    const list = this.site.path("acts");
    const { code, stderr } = await this.#run({ ZDD_ACTS: list }, args);
    assertEquals(code, status, stderr);
    const acts = this.site.read("acts").trimEnd().split("\n");
    Deno.removeSync(list);
    return acts;
  }

  /**
   * Runs a command that dies at an act, or ends with an exit status before: how many
   * signals it sends depends on how fast others are. Returns whether it has died.
   */
  async dies(
    where: string,
    status: number,
    ...args: string[]
  ): Promise<boolean> {
    const { code, stderr } = await this.#run({ ZDD_DIE: where }, args);
    assert([137, status].includes(code), `${where}: ${code}\n${stderr}`);
    return code === 137;
  }

  /** Runs a command that dies at an act. Returns what it has left. */
  async die(where: string, ...args: string[]): Promise<Remains> {
    const { code, stderr } = await this.#run({ ZDD_DIE: where }, args);
    assertEquals(code, 137, `${where}: it wasn't killed\n${stderr}`);
    return this.remains();
  }

  remains(): Remains {
    const state = this.state();
    const journal = Journal.read(this.directory);
    const text = journal?.entries;
    const unstopped = Object.values(state.services)
      .flatMap(({ retiring }) => retiring)
      .filter(({ stopSent }) => !stopSent).length;
    if (text === undefined) {
      const stage = unstopped > 0 ? "committed" : "no journal";
      return { stage, unstopped };
    }
    const committed = state.deploy === text.id;
    const stage = committed
      ? "committed, with its journal"
      : text.links !== undefined
      ? "links"
      : text.nginx !== undefined
      ? `nginx ${text.nginx}`
      : text.conf !== undefined
      ? "conf"
      : text.starts.some(({ instance }) => instance !== undefined)
      ? "instances"
      : text.starts.some(({ leader }) => leader !== undefined)
      ? "leaders"
      : "begun";
    return { journal: committed ? "close" : "undo", stage, unstopped };
  }

  /** Runs a command that must repair what is left, and say so. */
  async repair(remains: Remains, ...args: string[]): Promise<Outcome> {
    const outcome = await this.site.zdd(...args);
    const { code, stderr } = outcome;
    assertEquals(code, 0, `zddeploy ${args.join(" ")}\n${stderr}`);
    if (remains.journal === "undo") {
      assertMatch(stderr, /^zdd: undid the deploy of 2\S+, which had died/m);
    }
    if (remains.unstopped > 0) {
      assertMatch(stderr, /^web: (stopped|killed) \d+|is gone already/m);
    }
    return outcome;
  }

  /** Fails unless everything is as if nothing had ever died. */
  async assertWhole(): Promise<void> {
    const { site } = this;
    const own = this.web;
    assertEquals(own.current.length, 1);
    assertEquals(own.retiring, []);
    const canaries = own.canary?.instances ?? [];
    const known = [...own.current, ...own.standby, ...canaries];
    assertEquals(
      markedInstances(site, this.directory.path).join(" "),
      known.map(({ id }) => id).sort().join(" "),
      "other instances run than the state knows",
    );
    assertEquals(Journal.read(this.directory), undefined);
    const { ok, notes } = status(readProject(site.path("deploy.conf")));
    assertEquals({ ok, notes }, { ok: true, notes: [] });
    const serving = [...own.current, ...canaries].map((one) => one.process.pid);
    const answering = await site.pidAt();
    assert(serving.includes(answering), `${answering} answers`);
    const { config } = readProject(site.path("deploy.conf"));
    await assertNginxAccepts(site, config.nginx.conf);
  }

  /** Ends the load, of which nothing may have failed. */
  async assertNothingFailed(): Promise<LoadResult> {
    return await this.load.stopWithoutFailure();
  }

  get load(): Load {
    if (this.#load === undefined) throw new Error("There is no load");
    return this.#load;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#load?.[Symbol.asyncDispose]();
    await this.site[Symbol.asyncDispose]();
  }

  async #run(
    env: Record<string, string>,
    args: string[],
  ): Promise<Outcome> {
    const variables = Object.entries(env).map((pair) => pair.join("="));
    const words = ["run", "-A", "--no-lock", DYING, ...args];
    return await this.site.run("env", ...variables, Deno.execPath(), ...words);
  }
}

/** The instances that run because of a site, by what stands in the processes' environment. */
export function markedInstances(
  site: Site,
  stateDir = site.path(".zdd"),
): string[] {
  const ids = new Set<string>();
  for (const { pid } of allProcesses()) {
    if (environmentOf(pid, "ZDD_STATE_DIR") !== stateDir) continue;
    const id = environmentOf(pid, "ZDD_INSTANCE");
    if (id !== undefined) ids.add(id);
  }
  return [...ids].sort();
}

/** Fails unless `nginx -t` is content with the rendered file. */
async function assertNginxAccepts(site: Site, conf: string): Promise<void> {
  const { code, stderr } = await site.run("nginx", "-t", "-c", conf);
  assertEquals(code, 0, stderr);
}
