import {
  appCommand,
  type Ending,
  freePort,
  openSite,
  type Site,
  sleep,
  startApp,
} from "../site.ts";
import { missingProgram } from "./installed.ts";
import { reloadNginx, startNginx, writeNginxConf } from "./nginx_reload.ts";
import { ENDINGS, type Partner, SETTLE } from "./partner.ts";

/** How often the first zdd, in Python, looked for the port file, in ms. */
const POLL = 100;
/** How long it waited between a reload and stopping the old instance, in ms. */
const SLEEP = 1000;

/** A site where a script deploys like the first zdd. */
export class ScriptSite implements AsyncDisposable {
  readonly site: Site = openSite({ release: "r0" });
  #serving: Deno.ChildProcess | undefined;

  /** Starts the service and nginx. */
  static async start(ending: Ending): Promise<ScriptSite> {
    const script = new ScriptSite();
    const { site } = script;
    try {
      const port = freePort();
      script.#serving = await startApp(site, ending, port);
      writeNginxConf(site, port);
      await startNginx(site);
      return script;
    } catch (error) {
      await script[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts a new instance, looks for its port file, reloads, sleeps, stops the old one. */
  async deploy(ending: Ending): Promise<void> {
    const { site } = this;
    for (const { name } of Deno.readDirSync(site.directory)) {
      if (/^(web\.pid|\d+\.port)$/.test(name)) Deno.removeSync(site.path(name));
    }
    const command = appCommand(ending, "release", "web.pid");
    const started = site.command("env", ...command).spawn();
    const portFile = `${started.pid}.port`;
    while (!site.exists(portFile)) await sleep(POLL);
    writeNginxConf(site, Number(site.read(portFile)));
    await reloadNginx(site);
    await sleep(SLEEP);
    this.#serving?.kill("SIGTERM");
    this.#serving = started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
  }
}

/** What the first zdd did, and many deploy scripts do. */
export const script: Partner = {
  name: "script: reload, sleep 1, stop",
  endings: ENDINGS,
  missing: () => Promise.resolve(missingProgram("nginx", "node")),
  async start(ending) {
    const script = await ScriptSite.start(ending);
    const { site } = script;
    return {
      url: `http://127.0.0.1:${site.port}/`,
      settle: SETTLE,
      async deploy(release) {
        site.write("release", `r${release}`);
        await script.deploy(ending);
      },
      [Symbol.asyncDispose]: () => script[Symbol.asyncDispose](),
    };
  },
};
