import { dirname, fromFileUrl, join } from "@std/path";
import { freePort } from "./free_port.ts";
import { Load, type LoadOptions } from "./load.ts";
import { isAlive, processesOf, titleOf } from "./processes.ts";
import {
  classicTemplate,
  deployConf,
  liveTemplate,
  type ProjectOptions,
  SERVER,
} from "./project.ts";
import { type Outcome, outcomeOf, RunningCommand } from "./running_command.ts";
import { until } from "./until.ts";

const ROOT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

/** The environment variable that marks whatever a test has brought about. */
const MARK = "ZDD_TEST_SITE";

/** The command under test: `ZDD_BIN`, or zddeploy's source. */
export const ZDD: string[] = Deno.env.get("ZDD_BIN")?.split(" ") ??
  [
    // A zddeploy that is killed could leave Deno's cache of compiled code unreadable.
    ...[Deno.execPath(), "run", "-A", "--no-lock", "--no-code-cache"],
    join(ROOT, "main.ts"),
  ];

export { freePort, type Outcome, outcomeOf, until };

/** The texts of a site. */
export interface SiteOptions extends ProjectOptions {
  template?: string;
  /** More files. */
  files?: Record<string, string>;
}

/** What `zddeploy status --json` says of an instance. */
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
export class Site implements AsyncDisposable {
  /** A free port for nginx to listen on; `%PORT%` in the files becomes it. */
  readonly port = freePort();
  readonly directory = Deno.makeTempDirSync({ prefix: "zdd-test-" });
  readonly #mark = `${MARK}=${crypto.randomUUID()}`;
  /** What options leave open. */
  #defaults: ProjectOptions = {};

  private constructor() {
    // nginx's workers are another user, and must be able to enter.
    Deno.chmodSync(this.directory, 0o755);
  }

  /** A site with these files. */
  static create(files: Record<string, string> = {}): Site {
    const site = new Site();
    for (const [name, text] of Object.entries(files)) site.write(name, text);
    return site;
  }

  /** A site whose service `web`, the tests' server, is switched live. */
  static live(options: SiteOptions = {}): Site {
    return Site.#of({ template: liveTemplate(), ...options }, {});
  }

  /** A site whose service `web` writes a port file; a switch is a reload. */
  static classic(options: SiteOptions = {}): Site {
    const template = classicTemplate();
    return Site.#of({ template, ...options }, { port: "file" });
  }

  /** A site with a copy of a sample. What is said to be in /srv/app is in the site. */
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
          site.write(path, text.replace(/\blisten \d+/, "listen %PORT%"));
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

  /** Writes deploy.conf anew. */
  configure(options: ProjectOptions = {}): void {
    this.write("deploy.conf", deployConf({ ...this.#defaults, ...options }));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, text: string): void {
    Deno.mkdirSync(dirname(this.path(name)), { recursive: true });
    Deno.writeTextFileSync(
      this.path(name),
      text.replaceAll("%PORT%", String(this.port)),
    );
  }

  read(name: string): string {
    return Deno.readTextFileSync(this.path(name));
  }

  exists(name: string): boolean {
    try {
      Deno.lstatSync(this.path(name));
      return true;
    } catch {
      return false;
    }
  }

  /** A command that runs in the directory, and ends with the site at the latest. */
  command(program: string, ...args: string[]): Deno.Command {
    const [name = "", mark = ""] = this.#mark.split("=");
    return new Deno.Command(program, {
      args,
      cwd: this.directory,
      env: { [name]: mark, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Runs a program in the directory and waits for it. */
  async run(program: string, ...args: string[]): Promise<Outcome> {
    return await outcomeOf(this.command(program, ...args));
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

  /** Runs zddeploy in a directory of the site, as a shell that has gone there does. */
  async zddIn(directory: string, ...args: string[]): Promise<Outcome> {
    const go = ["-c", 'cd "$0" && exec "$@"', directory];
    return await this.run("sh", ...go, ...ZDD, ...args);
  }

  /** Starts zddeploy without waiting for it. */
  start(...args: string[]): RunningCommand {
    return new RunningCommand(this.zddCommand(...args));
  }

  spawn(...args: string[]): Deno.ChildProcess {
    return this.zddCommand(...args).spawn();
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

  /** All pids that answer a number of requests, each on a connection of its own. */
  async pidsAt(path = "/", requests = 12): Promise<number[]> {
    const pids = new Set<number>();
    for (let i = 0; i < requests; i++) pids.add(await this.pidAt(path));
    return sorted(pids);
  }

  /** The pid that answers a request which takes so many ms. It fails where it is awaited. */
  slowPid(ms: number): Promise<number> {
    const answer = this.pidAt(`/slow?${ms}`);
    answer.catch(() => {});
    return answer;
  }

  /** Starts twenty clients that keep their connections, with GET and POST, unless told otherwise. */
  async load(
    { path = "/", ...options }: Partial<LoadOptions> & { expect?: RegExp } = {},
  ): Promise<Load> {
    return await Load.start({
      url: `http://127.0.0.1:${this.port}${path}`,
      // The server tells the machine's two processors apart from the test's.
      pause: 2,
      methods: ["GET", "POST"],
      timeout: 60_000, // a busy machine is no failure
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

  /** Waits until the serving instances of a service have this many connections altogether. */
  async untilConnected(connections: number, service = "web"): Promise<void> {
    await until(`${connections} connections`, async () => {
      const sum = (await this.instances(service))
        .filter(({ state }) => state === "serving")
        .reduce((sum, own) => sum + (own.connections ?? 0), 0);
      return sum === connections;
    });
  }

  /** The pids of everything that runs because of this site, nginx included. */
  processes(): number[] {
    return sorted(processesOf(this.#mark, this.directory));
  }

  /** nginx's master and all its workers, those that shut down too. */
  nginx(): number[] {
    return this.#titled(/^nginx: /);
  }

  /** The nginx workers that take connections. */
  activeWorkers(): number[] {
    return this.#titled(/^nginx: worker process(?! is shutting)/);
  }

  /** The processes of the tests' server. */
  servers(): number[] {
    return this.#titled(new RegExp(SERVER));
  }

  /** Everything but nginx. */
  besidesNginx(): number[] {
    return this.#titled(/^(?!nginx: )/);
  }

  /** The pid of the running nginx; undefined if there is none. */
  nginxMaster(): number | undefined {
    if (!this.exists("nginx.pid")) return undefined;
    const pid = Number(this.read("nginx.pid"));
    const runs = titleOf(pid).startsWith("nginx: master") && isAlive(pid);
    return runs ? pid : undefined;
  }

  /**
   * Waits until exactly these processes are there. A stop command may end after what
   * it stopped, and so after zddeploy; what is really left over stays.
   */
  async untilProcesses(expected: number[]): Promise<void> {
    const wanted = sorted(expected).join();
    await this.#untilProcesses(
      `the processes ${wanted}`,
      (found) => found.join() === wanted,
    );
  }

  /** Waits until so many processes are there, e.g. all workers of a server. */
  async untilCount(count: number): Promise<void> {
    await this.#untilProcesses(
      `${count} processes`,
      ({ length }) => length === count,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let round = 0; round < 100; round++) {
      const left = this.processes();
      if (left.length === 0) break;
      for (const pid of left) {
        try {
          Deno.kill(pid, "SIGKILL");
        } catch { /* gone meanwhile */ }
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    Deno.removeSync(this.directory, { recursive: true });
  }

  #titled(title: RegExp): number[] {
    return this.processes().filter((pid) => title.test(titleOf(pid)));
  }

  async #untilProcesses(
    what: string,
    condition: (found: number[]) => boolean,
  ): Promise<void> {
    try {
      await until(what, () => condition(this.processes()));
    } catch (cause) {
      const left = this.processes().map((pid) => `\n${pid} ${titleOf(pid)}`);
      throw new Error(`Expected ${what}, got ${left.join("")}`, { cause });
    }
  }
}

export async function deployed(site: Site): Promise<Site> {
  return await site.deployed();
}

function sorted(pids: Iterable<number>): number[] {
  return [...pids].toSorted((a, b) => a - b);
}
