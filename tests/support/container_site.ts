import { assertEquals } from "@std/assert";
import { BoxedSite } from "./boxed_site.ts";
import { type Engine, ENGINES, enginesIn, VOLUMES } from "./container_host.ts";
import { liveTemplate } from "./project.ts";
import type { SystemdBox } from "./systemd_box.ts";

/** How a container runs the tests' server; see server.mjs. */
export interface ContainerOptions {
  /** More lines of its section. */
  lines?: string[];
  /** The server's arguments. */
  args?: string;
  /** A command instead of the server. */
  start?: string;
  image?: string;
  /** A line instead of `container_port`. */
  port?: string;
}

/** A deploy.conf with a container. */
export function containerConf(
  engine: Engine,
  { lines = [], args = "0.0.0.0:8080", image = "tests:{release}", port, start }:
    ContainerOptions = {},
): string {
  return [
    ...["[nginx]", "template: nginx.conf.template", "pid_file: nginx.pid"],
    ...["[service:web]", `container: ${engine}`, `image: ${image}`],
    ...[`start: ${start ?? `/usr/bin/node /server.mjs ${args}`}`],
    port ?? "container_port: 8080",
    ...["volumes:", ...VOLUMES.map((volume) => `  ${volume}`), ...lines],
  ].join("\n");
}

/** An instance, as `status` reports it. */
export interface ContainerStatus {
  state: string;
  pid: number;
  address: string;
  container: string;
  restarts: number;
  release: string;
  memory: number;
}

/** A directory in a box, where zddeploy deploys containers of the tests' server. */
export class ContainerSite extends BoxedSite {
  /** @param name of its directory in /srv, before the engine's */
  constructor(
    box: SystemdBox,
    readonly engine: Engine,
    readonly name: string,
    options: ContainerOptions = {},
  ) {
    super(box, `${name}-${engine}`, {
      "deploy.conf": containerConf(engine, options),
      "nginx.conf.template": liveTemplate(),
    });
  }

  /** Writes another deploy.conf. */
  configure(options: ContainerOptions = {}): void {
    this.write("deploy.conf", containerConf(this.engine, options));
  }

  /** Runs zddeploy, which must succeed. Returns what it printed. */
  async succeed(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.zdd(...args);
    assertEquals(code, 0, stdout + stderr);
    return stdout + stderr;
  }

  async deploy(release: string, ...args: string[]): Promise<string> {
    return await this.succeed("deploy", "--release", release, ...args);
  }

  /** The names of its containers, running or not. */
  async containers(): Promise<string[]> {
    const text = await this.box.shell(
      `${this.engine} ps --all --filter name=zdd-${this.name}-${this.engine}- ` +
        "--format '{{.Names}}'",
    );
    return text.split("\n").filter((line) => line !== "");
  }

  async instances(): Promise<ContainerStatus[]> {
    const { stdout } = await this.zdd("status", "--json");
    return JSON.parse(stdout).services[0].instances;
  }

  /** The release that answers through nginx. */
  async version(): Promise<string | undefined> {
    return /^(v\d) /.exec(await this.get() ?? "")?.[1];
  }

  /** Stops everything, and checks that nothing is left. */
  async stopAll(): Promise<void> {
    await this.succeed("stop", "--nginx");
    assertEquals(await this.containers(), []);
    const files = `ls -A ${this.directory}/.zdd/run`;
    assertEquals(await this.box.shell(files), "");
  }
}

/** The load options to see which release answers. */
export const RELEASES = { text: /^(v\d) / };

/** Returns a function that registers a test for each engine, ignored if one can't be used. */
export async function testsOfEngines(
  box: SystemdBox | undefined,
): Promise<
  (
    name: string,
    fn: (box: SystemdBox, engine: Engine) => Promise<void>,
    engines?: readonly Engine[],
  ) => void
> {
  Deno.test.afterAll(() => box?.[Symbol.asyncDispose]());
  const usable = await enginesIn(box);
  return (name, fn, engines = ENGINES) => {
    for (const engine of engines) {
      Deno.test({
        name: `in containers of ${engine}, ${name}`,
        ignore: !usable.includes(engine),
        fn: async () => {
          if (box !== undefined) await fn(box, engine);
        },
      });
    }
  };
}
