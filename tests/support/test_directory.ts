import { dirname, join } from "@std/path";
import { freePort } from "./free_port.ts";
import { processesOf, titleOf } from "./processes.ts";
import { type Outcome, outcomeOf } from "./running_command.ts";
import { until } from "./until.ts";

/** The environment variable that marks all processes of a test. */
const MARK = "ZDD_TEST_SITE";

/**
 * A directory in which programs run. Disposing of it ends every process that came from
 * it, by pid, and removes it.
 */
export class TestDirectory implements AsyncDisposable {
  /** A free port for nginx. It replaces `%PORT%` in the files. */
  readonly port = freePort();
  readonly directory = Deno.makeTempDirSync({ prefix: "zdd-test-" });
  readonly #mark = `${MARK}=${crypto.randomUUID()}`;

  constructor() {
    // nginx's workers run as another user and must be able to enter.
    Deno.chmodSync(this.directory, 0o755);
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

  /** A command that runs in the directory, and ends at the latest with the site. */
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

  /** The pids of all processes of this site, including nginx. */
  processes(): number[] {
    return sorted(processesOf(this.#mark, this.directory));
  }

  /** The pids of processes of this site whose command line matches. */
  protected titled(title: RegExp): number[] {
    return this.processes().filter((pid) => title.test(titleOf(pid)));
  }

  /**
   * Waits until exactly these processes are left. A stop command may end after the process
   * it stopped, and so after zddeploy. Processes that are really left over stay.
   */
  async untilProcesses(expected: number[]): Promise<void> {
    const wanted = sorted(expected).join();
    await this.#untilProcesses(
      `the processes ${wanted}`,
      (found) => found.join() === wanted,
    );
  }

  /** Waits until there are this many processes, for example all workers of a server. */
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

/** Pids in ascending order. */
export function sorted(pids: Iterable<number>): number[] {
  return [...pids].toSorted((a, b) => a - b);
}
