import { dirname, isAbsolute, join } from "@std/path";
import { Load } from "./load.ts";
import type { ArgumentOptions } from "./load_arguments.ts";
import type { Outcome } from "./running_command.ts";
import { ZDD } from "./site.ts";
import { SERVER } from "./project.ts";
import { denoDirectories, type SystemdBox } from "./systemd_box.ts";

/** The last port of a site in a box. Nothing else uses these ports there. */
let lastPort = 8000;

/**
 * A directory with a deploy.conf in a box, where zddeploy is installed as
 * `/usr/local/bin/zddeploy`.
 */
export class BoxedSite {
  readonly directory: string;
  readonly port = ++lastPort;
  /** deploy.conf. */
  readonly conf: string;

  /** @param name of its directory in /srv */
  constructor(
    readonly box: SystemdBox,
    name: string,
    files: Record<string, string>,
  ) {
    this.directory = `/srv/${name}`;
    this.conf = `${this.directory}/deploy.conf`;
    installZdd(box);
    for (const [file, text] of Object.entries(files)) this.write(file, text);
  }

  write(file: string, text: string): void {
    const path = join(this.directory, file);
    this.box.write(path, text.replaceAll("%PORT%", String(this.port)));
  }

  read(file: string): string {
    return Deno.readTextFileSync(this.box.path(join(this.directory, file)));
  }

  /** Runs zddeploy as root, outside all units. */
  async zdd(...args: string[]): Promise<Outcome> {
    return await this.box.run("zddeploy", ...args, "--conf", this.conf);
  }

  /** The answer to a GET through nginx; undefined if there is none. */
  async get(path = "/"): Promise<string | undefined> {
    const url = `http://127.0.0.1:${this.port}${path}`;
    const ask = `fetch("${url}").then((r) => r.text()).then(console.log)`;
    const { code, stdout } = await this.box.run("node", "-e", ask);
    return code === 0 ? stdout.trim() : undefined;
  }

  /** The pid of the instance that answers through nginx; undefined if none does. */
  async pid(): Promise<number | undefined> {
    const pid = /^\S+ (\d+) /.exec(await this.get() ?? "")?.[1];
    return pid === undefined ? undefined : Number(pid);
  }

  /** Starts a load that runs outside the box, but on its network. */
  startLoad(options: Partial<ArgumentOptions> = {}): Promise<Load> {
    return Load.start({
      url: `http://127.0.0.1:${this.port}/`,
      clients: 20,
      pause: 2,
      methods: ["GET", "POST"],
      timeout: 60_000, // a busy machine isn't a failure
      expect: /^\S+ \d+ \d+\n$/,
      text: /^\S+ (\d+) /,
      ...options,
    }, this.box.onItsNetwork);
  }
}

/** Installs the command under test in a box, for all its users. */
function installZdd(box: SystemdBox): void {
  const command = "/usr/local/bin/zddeploy";
  box.write(
    command,
    `#!/bin/sh
export DENO_DIR=${denoDirectories().at(-1)} NO_COLOR=1
exec ${ZDD.join(" ")} "$@"
`,
    0o755,
  );
  // Copies, since other users may not be able to enter a home directory.
  for (
    const path of [...ZDD, SERVER, ...denoDirectories()].filter(isAbsolute)
  ) {
    for (let at = path; at.length > 1; at = dirname(at)) {
      const { mode } = Deno.statSync(box.path(at));
      if (mode !== null) Deno.chmodSync(box.path(at), mode | 0o005);
    }
  }
}
