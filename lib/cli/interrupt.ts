import { ZddError } from "../error.ts";

const SIGNALS: Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs something that ends early, but orderly, when the user or the system wants zdd
 * to end: the signal it is given is aborted then.
 */
export async function interruptible<T>(
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const handlers = SIGNALS.map((name) => {
    const handler = () =>
      controller.abort(new ZddError(`Interrupted by ${name}`));
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
