import { printMessage } from "../../lib/cli/output.ts";
import { assertEquals } from "@std/assert";
import {
  identify,
  isRunning,
  type ProcessId,
  readStat,
} from "../../lib/system/process.ts";
import { isAlive } from "../support/processes.ts";
import { until } from "../support/until.ts";
/** Where the kernel says which number it gave last, and lets root choose the next (proc(5)). */
const LAST = "/proc/sys/kernel/ns_last_pid";

/** A process that has got the number of another one, and that any signal would end. */
export class Stranger implements AsyncDisposable {
  private constructor(
    readonly child: Deno.ChildProcess,
    readonly process: ProcessId,
  ) {}

  /**
   * Kills a process and takes its number. Where that isn't allowed, somebody else's
   * number is written in its place into a file of zdd's, with the start time it has there.
   */
  static async inPlaceOf(pid: number, file: string): Promise<Stranger> {
    if (isAlive(pid)) Deno.kill(pid, "SIGKILL");
    await until(`${pid} is gone`, () => readStat(pid) === undefined);
    for (let tries = 0; tries < 1000; tries++) {
      const last = Deno.readTextFileSync(LAST);
      try {
        Deno.writeTextFileSync(LAST, String(pid - 1));
      } catch {
        break;
      }
      const stranger = Stranger.#begin();
      // Tests beside this one must not get the numbers of what they have just ended.
      Deno.writeTextFileSync(LAST, last);
      if (stranger.process.pid === pid) return stranger;
      await stranger[Symbol.asyncDispose](); // another program was faster
    }
    printMessage(`${LAST} can't be written: the collision is forged`);
    const stranger = Stranger.#begin();
    const text = Deno.readTextFileSync(file)
      .replace(/^ *"checksum": .*\n/m, "");
    const number = new RegExp(`"pid": ${pid},`, "g");
    const forged = `"pid": ${stranger.process.pid},`;
    Deno.writeTextFileSync(file, text.replace(number, forged));
    return stranger;
  }

  static #begin(): Stranger {
    const child = new Deno.Command("sleep", {
      args: ["600"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const process = identify(child.pid);
    if (process === undefined) throw new Error("sleep doesn't run");
    return new Stranger(child, process);
  }

  /** Fails if it was ended; it ends by every signal. */
  assertUntouched(): void {
    assertEquals(isRunning(this.process), true, "a stranger was signalled");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (isRunning(this.process)) this.child.kill("SIGKILL");
    await this.child.status;
  }
}
