/** How {@linkcode waitUntil} waits. All times in ms. */
export interface WaitOptions {
  timeout: number;
  /** Time between two looks; grows each time, up to `slowest`. */
  interval?: number;
  /** By which factor; 1.5 unless told. Looks that cost little may come more often. */
  growth?: number;
  slowest?: number;
  /** Ends the wait early by throwing the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Looks again and again until `look` returns something other than undefined, and
 * returns that, or undefined when `timeout` has passed. `look` is called at least
 * once, and a last time at the end.
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
