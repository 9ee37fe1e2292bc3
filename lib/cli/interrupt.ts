import { ZddError } from "../error.ts";

const SIGNALS: Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** What a shell sees of a process that SIGINT has ended: 128 + 2. */
const INTERRUPTED = 130;

/**
 * Runs something that ends early, but orderly, when the user or the system wants zdd
 * to end: the signal it is given is aborted then. A second SIGINT ends zdd at once;
 * the journal tells the next run what to repair.
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
          hint: "what had been started was undone",
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
