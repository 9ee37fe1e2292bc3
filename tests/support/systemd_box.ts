import { dirname, fromFileUrl, join } from "@std/path";
import { type Outcome, outcomeOf } from "./running_command.ts";

const ROOT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));
const SCRIPT = join(ROOT, "tests/support/systemd_box.sh");

/** How long a machine may take to boot, in ms. It takes about a second. */
const BOOT_TIMEOUT = 30_000;

/**
 * A throw-away machine in which Debian's systemd runs as pid 1, with logind and journald.
 * It has a temporary, writable copy of the file system, and only a loopback network. It
 * ends at the latest with the test.
 *
 * @example
 * ```ts
 * const test = testsIn(await SystemdBox.boot(), "on a host with systemd");
 * test("…", async (box) => { … });
 * ```
 */
export class SystemdBox implements AsyncDisposable {
  readonly #machine: Deno.ChildProcess;
  /**
   * Where its disk is mounted, only in its own namespace. Its cgroups have the same base
   * name.
   */
  readonly directory: string;
  readonly #stdout: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<string>;
  #pid = 0;

  private constructor() {
    this.directory = Deno.makeTempDirSync({ prefix: "zdd-box-" });
    this.#machine = new Deno.Command(SCRIPT, {
      args: ["up", this.directory, ROOT, ...denoDirectories()],
      stdin: "piped", // it ends when this end is closed
      stdout: "piped",
      stderr: "piped",
      // A test that ends with an uncaught error kills its children, but this one must clean
      // up: it ends when its standard input ends.
      detached: true,
    }).spawn();
    this.#stdout = this.#machine.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    this.#stderr = new Response(this.#machine.stderr).text();
  }

  /** Boots a machine. If that isn't possible, prints why and returns undefined. */
  static async boot(): Promise<SystemdBox | undefined> {
    const why = missing();
    if (why !== undefined) return skip(why);
    const box = new SystemdBox();
    try {
      await box.#booted();
      return box;
    } catch (error) {
      await box[Symbol.asyncDispose]();
      const console = (await box.#stderr).trim().split("\n").at(-1);
      return skip(`${(error as Error).message}: ${console}`);
    }
  }

  /** The words before a command of the test that run it on the machine's network. */
  get onItsNetwork(): string[] {
    return ["nsenter", "--target", String(this.#pid), "--net", "--"];
  }

  /** The path of a machine's file from outside. */
  path(file: string): string {
    return `/proc/${this.#pid}/root${file}`;
  }

  /** Writes a file in the machine, and creates its directories. */
  write(file: string, text: string, mode = 0o644): void {
    const path = this.path(file);
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(path, text);
    Deno.chmodSync(path, mode);
  }

  /** A command of root in the machine, outside all units' control groups. */
  command(program: string, ...args: string[]): Deno.Command {
    return new Deno.Command(SCRIPT, {
      args: ["run", this.directory, String(this.#pid), program, ...args],
      cwd: "/",
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Runs a program in the machine, and waits for it. */
  async run(program: string, ...args: string[]): Promise<Outcome> {
    return await outcomeOf(this.command(program, ...args));
  }

  /** Runs a shell script in the machine. Returns what it printed, and throws if it fails. */
  async shell(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.run("sh", "-c", script);
    if (code === 0) return stdout.trimEnd();
    throw new Error(`${script}: exit status ${code}\n${stdout}${stderr}`);
  }

  /** Reboots the machine: all processes end, and what was written to its disk stays. */
  async reboot(): Promise<void> {
    await this.run("systemctl", "reboot");
    await this.#booted();
  }

  /** Cuts its power: all its processes and files are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#machine.stdin.close().catch(() => {});
    await this.#stdout.cancel();
    await this.#machine.status;
    await this.#stderr;
  }

  /** Waits until the next boot is done. */
  async #booted(): Promise<void> {
    const { value = "" } = await this.#stdout.read();
    const pid = /^boot (\d+)$/m.exec(value)?.[1];
    if (pid === undefined) throw new Error("It didn't boot");
    this.#pid = Number(pid);
    const end = Date.now() + BOOT_TIMEOUT;
    for (;;) {
      const { stdout } = await this.run(
        "systemctl",
        "is-system-running",
        "--wait",
      );
      if (/^(running|degraded)$/m.test(stdout)) return;
      if (Date.now() > end) throw new Error(`It is ${stdout.trim()}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/**
 * Returns a function that registers tests which need a machine. They are ignored if there
 * is none. Each test's name begins with `where`.
 */
export function testsIn(
  box: SystemdBox | undefined,
  where: string,
): (name: string, fn: (box: SystemdBox) => Promise<void>) => void {
  Deno.test.afterAll(() => box?.[Symbol.asyncDispose]());
  return (name, fn) =>
    Deno.test({
      name: `${where}, ${name}`,
      ignore: box === undefined,
      fn: async () => {
        if (box !== undefined) await fn(box);
      },
    });
}

function skip(why: string): undefined {
  // deno-lint-ignore no-console
  console.log(`skipped: no machine with systemd can be booted here: ${why}`);
}

/** What a machine needs and is missing here; undefined if nothing is. */
function missing(): string | undefined {
  if (Deno.uid() !== 0) return "it needs root";
  for (const file of ["/lib/systemd/systemd", "/usr/bin/dbus-daemon"]) {
    try {
      Deno.statSync(file);
    } catch {
      return `"${file}" is missing`;
    }
  }
  return undefined;
}

/** The directories of Deno and of its caches. */
export function denoDirectories(): string[] {
  const { DENO_DIR, XDG_CACHE_HOME, HOME } = Deno.env.toObject();
  return [
    dirname(Deno.execPath()),
    DENO_DIR ?? `${XDG_CACHE_HOME ?? `${HOME}/.cache`}/deno`,
  ];
}
