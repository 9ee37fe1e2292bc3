import { dirname, fromFileUrl, join } from "@std/path";

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

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * A directory with a deploy.conf, in which the real zddeploy runs with a real nginx.
 * Disposing of it ends every process that came from it, by pid, and removes it.
 */
export class Site implements AsyncDisposable {
  readonly #mark = crypto.randomUUID();

  private constructor(readonly directory: string, readonly port: number) {}

  /** A site with these files; `%PORT%` in them becomes a free port for nginx to listen on. */
  static create(files: Record<string, string>): Site {
    const site = new Site(
      Deno.makeTempDirSync({ prefix: "zdd-test-" }),
      freePort(),
    );
    // nginx's workers are another user, and must be able to enter.
    Deno.chmodSync(site.directory, 0o755);
    for (const [name, text] of Object.entries(files)) site.write(name, text);
    return site;
  }

  /** A site with a copy of a sample, whose nginx listens on a free port. */
  static fromSample(name: string): Site {
    const files: Record<string, string> = {};
    const from = join(ROOT, "samples", name);
    for (const { name: file, isFile } of Deno.readDirSync(from)) {
      if (!isFile) continue;
      files[file] = Deno.readTextFileSync(join(from, file))
        .replace(/\blisten \d+/, "listen %PORT%");
    }
    return Site.create(files);
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

  /** Runs zddeploy in the directory and waits for it. */
  async zdd(...args: string[]): Promise<Outcome> {
    return await outcomeOf(this.#command(args));
  }

  /** Runs a program in the directory and waits for it. */
  async run(program: string, ...args: string[]): Promise<Outcome> {
    return await outcomeOf(this.command(program, ...args));
  }

  /** Runs zddeploy, and throws with all that it printed if it fails. */
  async deploy(...args: string[]): Promise<Outcome> {
    const outcome = await this.zdd(...args);
    if (outcome.code !== 0) {
      throw new Error(
        `zddeploy ${args.join(" ")}: exit status ` +
          `${outcome.code}\n${outcome.stdout}${outcome.stderr}`,
      );
    }
    return outcome;
  }

  /** Starts zddeploy without waiting for it. */
  spawn(...args: string[]): Deno.ChildProcess {
    return this.#command(args).spawn();
  }

  /** A command that runs in the directory, and ends with the site at the latest. */
  command(program: string, ...args: string[]): Deno.Command {
    return new Deno.Command(program, {
      args,
      cwd: this.directory,
      env: { [MARK]: this.#mark, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** GETs a path through nginx. */
  async get(path = "/"): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      headers: { connection: "close" },
    });
    return { status: response.status, text: await response.text() };
  }

  /** The pids of everything that runs because of this site, nginx included. */
  processes(): number[] {
    const found: number[] = [];
    for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(name) || isZombie(Number(name))) continue;
      const environment = readOrEmpty(`/proc/${name}/environ`);
      // nginx writes its title over its environment, but stays in the directory.
      if (
        environment.includes(`${MARK}=${this.#mark}`) ||
        directoryOf(name).startsWith(this.directory)
      ) found.push(Number(name));
    }
    return found;
  }

  /** The pid of the running nginx; undefined if there is none. */
  nginxMaster(): number | undefined {
    const pid = Number(readOrEmpty(this.path("nginx.pid")).trim());
    if (!(pid > 1)) return undefined;
    const title = readOrEmpty(`/proc/${pid}/cmdline`);
    return title.startsWith("nginx: master") && !isZombie(pid)
      ? pid
      : undefined;
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

  #command(args: string[]): Deno.Command {
    const [program = "", ...first] = ZDD;
    return this.command(program, ...first, ...args);
  }
}

/** Deploys a site, which is disposed of if that fails. */
export async function deployed(site: Site): Promise<Site> {
  try {
    await site.deploy();
  } catch (error) {
    await site[Symbol.asyncDispose]();
    throw error;
  }
  return site;
}

/** Runs a command to its end. */
export async function outcomeOf(command: Deno.Command): Promise<Outcome> {
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/**
 * A port that nobody listens on now. It is none of those that the kernel gives to
 * whoever asks for any (ip(7), ip_local_port_range), since another test may do so
 * before this one listens.
 */
export function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(12_000 * Math.random());
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Waits until something is true; throws after 20 s, far beyond what it may take. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = Date.now() + 20_000;
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`Still waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function isZombie(pid: number): boolean {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

function directoryOf(pid: string): string {
  try {
    return Deno.readLinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

function readOrEmpty(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return "";
  }
}
