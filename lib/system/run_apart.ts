import { identify, sendSignal } from "./process.ts";
import { sessionOf } from "./process_table.ts";
import { type ShellOptions, startDetached } from "./shell.ts";
import { readTail, sizeOf } from "./tail.ts";
import { sleep, waitUntil } from "./wait.ts";

/** How many lines of a command's output are returned. */
const LINES = 50;
/** How long a command may take to end after SIGTERM, in ms. */
const ENDING = 1000;

export interface ApartOptions extends ShellOptions {
  /** ms until it is ended; no limit if undefined. */
  timeout?: number;
  /** Ends it early; its reason is thrown. */
  signal?: AbortSignal;
  /** How long to wait then until it has ended, in ms; not at all if undefined. */
  patience?: number;
}

/** The result of a command. */
export interface RanApart {
  /** The exit status; 128 + the signal's number after a signal; undefined after a timeout. */
  status?: number;
  /** The last lines it printed. */
  lines: string[];
}

/**
 * Runs a shell command, or a program with its arguments, in its own session, and waits
 * until it ends. Doesn't wait for the end of its output, since it may leave a daemon
 * behind.
 *
 * @throws {ZddError} if it can't be run.
 */
export async function runApart(
  command: string | string[],
  { timeout = Infinity, signal, patience = 0, ...options }: ApartOptions,
): Promise<RanApart> {
  const before = sizeOf(options.log);
  const { pid, exited } = startDetached(command, options);
  const process = identify(pid);
  // What its shell runs is in the same session.
  const all = () => process === undefined ? [] : sessionOf(process);
  const end = (signal: Deno.Signal) => {
    for (const one of all()) sendSignal(one, signal);
  };
  const done = new AbortController();
  try {
    const status = await Promise.race([
      exited,
      untilLate(timeout, done.signal, signal),
    ]);
    if (status === undefined) {
      end("SIGTERM");
      await Promise.race([exited, sleep(ENDING, done.signal).catch(() => {})]);
      end("SIGKILL");
    }
    return { status, lines: readTail(options.log, before, LINES) };
  } catch (error) {
    end("SIGTERM");
    const isOver = () => all().length === 0 ? true : undefined;
    await waitUntil(isOver, { timeout: patience });
    throw error;
  } finally {
    done.abort();
  }
}

/**
 * Returns after the timeout, throws when `signal` is aborted, and does neither after
 * `done`.
 */
async function untilLate(
  timeout: number,
  done: AbortSignal,
  signal?: AbortSignal,
): Promise<undefined> {
  const either = signal ? AbortSignal.any([done, signal]) : done;
  const end = performance.now() + timeout;
  for (;;) {
    const left = end - performance.now();
    if (left <= 0) return undefined;
    try {
      await sleep(Math.min(left, 60_000), either);
    } catch (error) {
      if (!done.aborted) throw error;
      return await new Promise<never>(() => {});
    }
  }
}
