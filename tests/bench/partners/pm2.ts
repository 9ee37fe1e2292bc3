import { dirname, fromFileUrl, join } from "@std/path";
import {
  appCommand,
  type Ending,
  openSite,
  run,
  type Site,
  until,
  untilListening,
} from "../site.ts";
import { missingProgram } from "./installed.ts";
import { ENDINGS, type Partner, SETTLE_AFTER_HANGS } from "./partner.ts";

const ROOT = dirname(
  dirname(dirname(dirname(fromFileUrl(import.meta.url)))),
);
/** Where npm installs pm2, once for all runs. */
const TOOLS = join(ROOT, "dist", "bench", "tools");
const PM2 = join(TOOLS, "node_modules", ".bin", "pm2");

/** Installs pm2 with npm, if it is missing. Returns why if that fails. */
async function installPm2(): Promise<string | undefined> {
  const missing = missingProgram("node", "npm");
  if (missing !== undefined || exists(PM2)) return missing;
  const { success } = await new Deno.Command("npm", {
    args: ["install", "--silent", "--no-audit", "--prefix", TOOLS, "pm2"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  return success ? undefined : "not installed: npm install pm2 fails";
}

/** pm2 in a site, with its own daemon. */
export class Pm2Site implements AsyncDisposable {
  readonly site: Site = openSite({ release: "r0" });
  readonly #port = this.site.port;

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Starts the service in pm2's cluster mode, the only one that reloads. */
  static async start(ending: Ending): Promise<Pm2Site> {
    const pm2 = new Pm2Site();
    try {
      const [_node, app = "", ...args] = appCommand(ending);
      await pm2.run(
        ...["start", app, "--instances", "1", "--name", "web"],
        ...["--cwd", pm2.site.directory, "--", ...args],
      );
      await untilListening(pm2.#port);
      return pm2;
    } catch (error) {
      await pm2[Symbol.asyncDispose]();
      throw error;
    }
  }

  async run(...args: string[]): Promise<void> {
    const home = `PM2_HOME=${this.site.path("pm2")}`;
    const environment = [home, `PORT=${this.#port}`, "PM2_DISCRETE_MODE=1"];
    await run(this.site, "env", ...environment, PM2, ...args);
  }

  /** The pid of pm2's daemon. */
  get daemon(): number {
    return Number(this.site.read("pm2/pm2.pid"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.run("kill");
      await until("pm2 ends", () => !exists(this.site.path("pm2/pm2.pid")));
    } catch { /* the site ends it */ }
    await this.site[Symbol.asyncDispose]();
  }
}

/** pm2's own restart, without a proxy: its daemon accepts the connections. */
export const pm2: Partner = {
  name: "pm2 reload",
  endings: ENDINGS,
  missing: installPm2,
  async start(ending) {
    const pm2 = await Pm2Site.start(ending);
    return {
      url: pm2.url,
      settle: SETTLE_AFTER_HANGS,
      async deploy(release) {
        pm2.site.write("release", `r${release}`);
        await pm2.run("reload", "web");
      },
      [Symbol.asyncDispose]: () => pm2[Symbol.asyncDispose](),
    };
  },
};

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
