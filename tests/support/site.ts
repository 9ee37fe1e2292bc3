import { dirname, fromFileUrl, join } from "@std/path";
import { findUser } from "../../lib/system/users.ts";
import { Load, type LoadOptions } from "./load.ts";
import { isAlive, titleOf } from "./processes.ts";
import {
  classicTemplate,
  deployConf,
  liveTemplate,
  type ProjectOptions,
  SERVER,
} from "./project.ts";
import { type Outcome, outcomeOf, RunningCommand } from "./running_command.ts";
import { sorted, TestDirectory } from "./test_directory.ts";
import { until } from "./until.ts";

const ROOT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

/** The command under test: `ZDD_BIN`, or zddeploy's source. */
export const ZDD: string[] = Deno.env.get("ZDD_BIN")?.split(" ") ??
  [
    // A killed zddeploy could leave Deno's cache of compiled code unreadable.
    ...[Deno.execPath(), "run", "-A", "--no-lock", "--no-code-cache"],
    join(ROOT, "main.ts"),
  ];

/** A deploy.conf without users that don't exist or that only root may choose. */
function withoutUsers(text: string): string {
  return text.replace(
    /^user: (\S+)\n/gm,
    (line, user) =>
      Deno.uid() === 0 && findUser(user) !== undefined ? line : "",
  );
}

/** The files of a site. */
export interface SiteOptions extends ProjectOptions {
  template?: string;
  /** More files. */
  files?: Record<string, string>;
}

/** What `zddeploy status --json` says about an instance. */
export interface InstanceStatus {
  state: string;
  pid: number;
  address: string;
  percent?: number;
  connections?: number;
}

/**
 * A directory with a deploy.conf, in which the real zddeploy runs with a real nginx.
 * Disposing of it ends every process that came from it, by pid, and removes it.
 */
export class Site extends TestDirectory {
  /** Used for what the options don't set. */
  #defaults: ProjectOptions = {};

  private constructor() {
    super();
  }

  /** A site with these files. */
  static create(files: Record<string, string> = {}): Site {
    const site = new Site();
    for (const [name, text] of Object.entries(files)) site.write(name, text);
    return site;
  }

  /** A site with the tests' server as service `web`, with the live switch. */
  static live(options: SiteOptions = {}): Site {
    return Site.#of({ template: liveTemplate(), ...options }, {});
  }

  /** A site whose service `web` writes a port file, and where a switch is a reload. */
  static classic(options: SiteOptions = {}): Site {
    const template = classicTemplate();
    return Site.#of({ template, ...options }, { port: "file" });
  }

  /** A site with a copy of a sample. Paths in /srv/app become paths in the site. */
  static fromSample(name: string): Site {
    const site = new Site();
    const copy = (from: string, to: string) => {
      for (const { name, isDirectory, isSymlink } of Deno.readDirSync(from)) {
        const [source, path] = [join(from, name), join(to, name)];
        if (isDirectory) copy(source, path);
        else if (isSymlink) {
          Deno.symlinkSync(Deno.readLinkSync(source), site.path(path));
        } else {
          const text = Deno.readTextFileSync(source)
            .replaceAll("/srv/app", site.directory);
          site.write(
            path,
            withoutUsers(text).replace(/\blisten \d+/, "listen %PORT%"),
          );
        }
      }
    };
    copy(join(ROOT, "samples", name), "");
    return site;
  }

  static #of(
    { template = "", files = {}, ...project }: SiteOptions,
    defaults: ProjectOptions,
  ): Site {
    const site = Site.create({ "nginx.conf.template": template, ...files });
    site.#defaults = defaults;
    site.configure(project);
    return site;
  }

  /** Writes another deploy.conf. */
  configure(options: ProjectOptions = {}): void {
    this.write("deploy.conf", deployConf({ ...this.#defaults, ...options }));
  }

  /** The command that runs zddeploy in the directory. */
  zddCommand(...args: string[]): Deno.Command {
    const [program = "", ...first] = ZDD;
    return this.command(program, ...first, ...args);
  }

  /** Runs zddeploy and waits for it. */
  async zdd(...args: string[]): Promise<Outcome> {
    return await outcomeOf(this.zddCommand(...args));
  }

  /** Runs zddeploy in a directory of the site, as a shell would after cd. */
  async zddIn(directory: string, ...args: string[]): Promise<Outcome> {
    const go = ["-c", 'cd "$0" && exec "$@"', directory];
    return await this.run("sh", ...go, ...ZDD, ...args);
  }

  /** Starts zddeploy without waiting for it. */
  start(...args: string[]): RunningCommand {
    return new RunningCommand(this.zddCommand(...args));
  }

  /** Runs zddeploy, and throws with all that it printed if it fails. */
  async deploy(...args: string[]): Promise<Outcome> {
    const outcome = await this.zdd(...args);
    const { code, stdout, stderr } = outcome;
    if (code === 0) return outcome;
    throw new Error(
      `zddeploy ${args.join(" ")}: exit status ${code}\n${stdout}${stderr}`,
    );
  }

  /** Deploys once. Returns the site, which is disposed of if that fails. */
  async deployed(): Promise<this> {
    try {
      await this.deploy();
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
    return this;
  }

  /** GETs a path through nginx. */
  async get(path = "/"): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      headers: { connection: "close" },
    });
    return { status: response.status, text: await response.text() };
  }

  /** The pid of the tests' server that answers through nginx. */
  async pidAt(path = "/"): Promise<number> {
    const { status, text } = await this.get(path);
    const pid = /^\S+ (\d+) /.exec(text)?.[1];
    if (status === 200 && pid !== undefined) return Number(pid);
    throw new Error(`Expected an instance's answer, got ${status} "${text}"`);
  }

  /** All pids that answer a number of requests, each on its own connection. */
  async pidsAt(path = "/", requests = 12): Promise<number[]> {
    const pids = new Set<number>();
    for (let i = 0; i < requests; i++) pids.add(await this.pidAt(path));
    return sorted(pids);
  }

  /** The pid that answers a request which takes this many ms. A failure shows when awaited. */
  slowPid(ms: number): Promise<number> {
    const answer = this.pidAt(`/slow?${ms}`);
    answer.catch(() => {});
    return answer;
  }

  /** Waits until the serving instance has this many slow requests. */
  async untilSlow(requests: number): Promise<void> {
    await until(
      `${requests} requests have arrived`,
      async () => (await this.get("/waiting")).text === `${requests}\n`,
    );
  }

  /**
   * Starts a load; by default, twenty clients that keep their connections, with GET and
   * POST.
   */
  async load(
    { path = "/", ...options }: Partial<LoadOptions> & { expect?: RegExp } = {},
  ): Promise<Load> {
    return await Load.start({
      url: `http://127.0.0.1:${this.port}${path}`,
      // The server tells the machine's two processors apart from the test's.
      pause: 2,
      methods: ["GET", "POST"],
      timeout: 60_000, // a busy machine isn't a failure
      expect: /^\S+ \d+ \d+\n$/,
      text: /^\S+ (\d+) /,
      ...options,
    });
  }

  /** The instances of a service as `zddeploy status --json` lists them. */
  async instances(service = "web"): Promise<InstanceStatus[]> {
    const { stdout } = await this.zdd("status", "--json");
    const services: { name: string; instances: InstanceStatus[] }[] =
      JSON.parse(stdout).services;
    return services.find(({ name }) => name === service)?.instances ?? [];
  }

  /** The pids of the instances that are in a state, `serving` or another. */
  async pidsOf(state: string, service = "web"): Promise<number[]> {
    const instances = await this.instances(service);
    return sorted(
      instances.filter((own) => own.state === state).map(({ pid }) => pid),
    );
  }

  /** Waits until the serving instances of a service have this many connections in total. */
  async untilConnected(connections: number, service = "web"): Promise<void> {
    await until(`${connections} connections`, async () => {
      const sum = (await this.instances(service))
        .filter(({ state }) => state === "serving")
        .reduce((sum, own) => sum + (own.connections ?? 0), 0);
      return sum === connections;
    });
  }

  /** nginx's master and all its workers, including those that shut down. */
  nginx(): number[] {
    return this.titled(/^nginx: /);
  }

  /** The nginx workers that take connections. */
  activeWorkers(): number[] {
    return this.titled(/^nginx: worker process(?! is shutting)/);
  }

  /** The processes of the tests' server. */
  servers(): number[] {
    return this.titled(new RegExp(SERVER));
  }

  /** The processes that hold requests during a pause. */
  holders(): number[] {
    return this.titled(/__hold/);
  }

  /** All processes except nginx's. */
  besidesNginx(): number[] {
    return this.titled(/^(?!nginx: )/);
  }

  /** The pid of the running nginx; undefined if there is none. */
  nginxMaster(): number | undefined {
    if (!this.exists("nginx.pid")) return undefined;
    const pid = Number(this.read("nginx.pid"));
    const runs = titleOf(pid).startsWith("nginx: master") && isAlive(pid);
    return runs ? pid : undefined;
  }
}
