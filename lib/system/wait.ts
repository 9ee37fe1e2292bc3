/** How {@linkcode waitUntil} waits. All times in ms. */
export interface WaitOptions {
  timeout: number;
  /** The first pause between two looks; it grows each time, up to `slowest`. */
  interval?: number;
  /** The factor it grows by; 1.5 by default. Use less if a look is cheap. */
  growth?: number;
  slowest?: number;
  /** Ends the wait early by throwing the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Calls `look` until it returns something other than undefined, and returns that; undefined
 * after `timeout`. Calls `look` at least once, and a last time at the end.
 */
export async function waitUntil<T>(
  look: () => T | undefined | Promise<T | undefined>,
  { timeout, interval = 5, growth = 1.5, slowest = 100, signal }: WaitOptions,
): Promise<T | undefined> {
  const end = performance.now() + timeout;
  for (let pause = interval;; pause = Math.min(pause * growth, slowest)) {
    signal?.throwIfAborted();
    const left = end - performance.now();
    const found = await look();
    if (found !== undefined || left <= 0) return found;
    await sleep(Math.min(pause, left), signal);
  }
}

/** Sleeps for `ms`; when `signal` is aborted, throws its reason at once. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const wake = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", wake);
      resolve();
    }, ms);
    signal?.addEventListener("abort", wake, { once: true });
  });
}
