/** The names of the hundred equal parts of a service's requests: `00` to `99`. */
export const BUCKET_NAMES: string[] = Array.from(
  { length: 100 },
  (_, i) => String(i).padStart(2, "0"),
);

/**
 * The parts for a canary: the first ones, so that a growing share keeps the clients it has.
 *
 * @param percent a whole number from 0 to 100
 */
export function bucketsOfCanary(percent: number): string[] {
  requirePercent(percent);
  return BUCKET_NAMES.slice(0, percent);
}

/** The parts for the current release. */
export function bucketsOfCurrent(percent: number): string[] {
  requirePercent(percent);
  return BUCKET_NAMES.slice(percent);
}

/** The lines of nginx's `split_clients` for the parts; the last gets the rounding rest. */
export function bucketLines(): string[] {
  return BUCKET_NAMES.map((name, i) => `${i < 99 ? "1%" : "*"} ${name};`);
}

function requirePercent(percent: number): void {
  if (Number.isInteger(percent) && percent >= 0 && percent <= 100) return;
  throw new RangeError(`Expected a whole percent, got ${percent}`);
}
