/**
 * Waits until something is true.
 *
 * @param timeout in ms, much more than it should take
 * @throws {Error} after that time.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeout = 20_000,
): Promise<void> {
  const end = Date.now() + timeout;
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`Still waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
