import { identify, type ProcessId } from "../../lib/system/process.ts";

/** A process that a test has started, which is killed and awaited when the test is over. */
export class Child implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  private constructor(program: string, args: string[]) {
    this.#child = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  static run(program: string, ...args: string[]): Child {
    return new Child(program, args);
  }

  /** One that does nothing, for a minute. */
  static idle(): Child {
    return new Child("/bin/sleep", ["60"]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get process(): ProcessId {
    const process = identify(this.pid);
    if (process === undefined) throw new Error(`${this.pid} is gone`);
    return process;
  }

  /** Ends it and waits until nothing is left of it, not even a zombie. */
  async end(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* gone already */ }
    await this.#child.status;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

/** Ends a process that isn't a child of the test, and all of the session that it leads. */
export function endSession(leader: number): void {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(fields[3]) === leader) Deno.kill(Number(name), "SIGKILL");
    } catch { /* gone meanwhile */ }
  }
}
