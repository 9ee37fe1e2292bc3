import { messageOf, ZddError } from "../error.ts";
import { type Inherit, inheritedEnvironment } from "./environment.ts";
import { keepDescriptors } from "./inherited.ts";
import { identify, sendSignal } from "./process.ts";
import { descendsFrom, otherProcesses } from "./process_table.ts";
import { traceCommand } from "./trace.ts";
import { sleep } from "./wait.ts";

export interface CaptureOptions {
  cwd: string;
  env: Record<string, string>;
  /** Which variables of zddeploy's environment it inherits. */
  inherit: Inherit;
  /** ms until it is killed. */
  timeout: number;
  /** Kills it early; its reason is thrown. */
  signal?: AbortSignal;
}

/** The result of a command. */
export interface Captured {
  /** The exit status; 128 + the signal's number after a signal. */
  status: number;
  /** The beginning of what it printed. */
  output: string;
}

/** How many characters of a command's output are kept. */
const KEPT = 1024;
/** How long to wait for the last of a command's output after its end, in ms. */
const LAST_WORDS = 100;

/**
 * Runs a shell command and waits until it has ended. Doesn't wait for processes that it
 * leaves behind.
 *
 * @throws {Deno.errors.TimedOut} if it doesn't end in time.
 * @throws {ZddError} if it can't be run.
 */
export async function capture(
  command: string,
  { cwd, env, inherit, timeout, signal }: CaptureOptions,
): Promise<Captured> {
  signal?.throwIfAborted();
  keepDescriptors();
  traceCommand(command, cwd);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("/bin/sh", {
      args: [
        "-c",
        `exec 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-\n${command}`,
      ],
      cwd,
      clearEnv: true,
      env: { ...inheritedEnvironment(inherit), ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch (error) {
    throw new ZddError(
      `Cannot run "${command}" in "${cwd}": ${messageOf(error)}`,
      { cause: error },
    );
  }
  const output = new Output(child.stdout);
  const enough = new AbortController();
  const ending = AbortSignal.any(
    signal ? [enough.signal, signal] : [enough.signal],
  );
  try {
    const status = await Promise.race([
      child.status,
      sleep(timeout, ending).then(() => {
        throw new Deno.errors.TimedOut(
          `still running after ${timeout / 1000} s`,
        );
      }),
    ]);
    await Promise.race([output.end, sleep(LAST_WORDS, ending)]);
    return { status: status.code, output: output.text };
  } catch (error) {
    killAll(child.pid);
    await child.status;
    throw error;
  } finally {
    enough.abort();
    await output.close();
  }
}

/** Kills a process and its descendants. */
function killAll(root: number): void {
  const all = otherProcesses()
    .filter(({ pid }) => descendsFrom(pid, root))
    .flatMap(({ pid }) => identify(pid) ?? []);
  for (const process of all) sendSignal(process, "SIGKILL");
}

/** Collects what a command prints. */
class Output {
  text = "";
  /** Settles when no process has the output open any more. */
  readonly end: Promise<void>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
    this.end = this.#read().catch(() => {});
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      const { value, done } = await this.#reader.read();
      if (done) return;
      if (this.text.length >= KEPT) continue;
      this.text += decoder.decode(value, { stream: true });
    }
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
    await this.end;
  }
}
