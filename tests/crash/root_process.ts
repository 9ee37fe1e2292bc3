import { assert } from "@std/assert";
import { identify, isRunning } from "../../lib/system/process.ts";

/** A process of root's that ends by any signal. */
export class RootProcess implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  readonly #identity;

  constructor(...command: string[]) {
    const [program = "sleep", ...args] = command;
    this.child = new Deno.Command(program, {
      args: args.length > 0 ? args : ["600"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#identity = identify(this.child.pid);
  }

  assertUntouched(): void {
    assert(this.#identity !== undefined && isRunning(this.#identity));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#identity && isRunning(this.#identity)) this.child.kill("SIGKILL");
    await this.child.status;
  }
}
