import { ZddError } from "../error.ts";

const SIGNALS: Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The exit status that a shell reports for a process ended by SIGINT: 128 + 2. */
const INTERRUPTED = 130;

/**
 * Runs `body` with a signal that is aborted by SIGINT, SIGTERM and SIGHUP, so that it can
 * clean up and end early. A second SIGINT ends zdd at once; the journal tells the next run
 * what to repair.
 */
export async function interruptible<T>(
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const handlers = SIGNALS.map((name) => {
    const handler = () => {
      if (controller.signal.aborted && name === "SIGINT") {
        Deno.exit(INTERRUPTED);
      }
      controller.abort(
        new ZddError(`Interrupted by ${name}`, {
          hint: "what was started has been undone",
        }),
      );
    };
    Deno.addSignalListener(name, handler);
    return { name, handler };
  });
  try {
    return await body(controller.signal);
  } finally {
    for (const { name, handler } of handlers) {
      Deno.removeSignalListener(name, handler);
    }
  }
}
