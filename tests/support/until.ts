/** Waits until something is true; throws after 20 s, far beyond what it may take. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = Date.now() + 20_000;
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`Still waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
