/**
 * The parts that the requests of a service are split into, in percent. Their subsets
 * sum up to every whole percent, and the first of them to the usual steps of a canary:
 * 1, 2, 5, 10, 20, 30, 50 and 100 %, so that growing takes no client back.
 */
export const SHARE_WEIGHTS = [1, 1, 3, 5, 10, 10, 20, 50];

/** A set of shares: their numbers (1 to 8) as text, such as `123`; `none` for none. */
export type Shares = string;

/** All requests. */
export const ALL_SHARES: Shares = SHARE_WEIGHTS.map((_, i) => i + 1).join("");
export const NO_SHARES: Shares = "none";

/**
 * The shares that make up `percent` of the requests.
 *
 * @param percent a whole number from 0 to 100
 */
export function sharesOf(percent: number): Shares {
  // Counting up, small shares come first.
  for (let set = 0; set < 2 ** SHARE_WEIGHTS.length; set++) {
    const members = SHARE_WEIGHTS.map((_, i) => i).filter((i) => set >> i & 1);
    const sum = members.reduce((sum, i) => sum + (SHARE_WEIGHTS[i] ?? 0), 0);
    if (sum === percent) return members.map((i) => i + 1).join("") || NO_SHARES;
  }
  throw new RangeError(`Expected a whole percent, got ${percent}`);
}

/** The shares that aren't in a set. */
export function otherShares(shares: Shares): Shares {
  return [...ALL_SHARES].filter((share) => !shares.includes(share)).join("") ||
    NO_SHARES;
}

/** The lines of nginx's `split_clients` for the shares; the last takes the rest. */
export function shareLines(): string[] {
  return SHARE_WEIGHTS.map((weight, i) =>
    i + 1 < SHARE_WEIGHTS.length ? `${weight}% ${i + 1};` : `* ${i + 1};`
  );
}

/** The names of a hundred equal parts: `00` to `99`. */
export const BUCKET_NAMES: string[] = Array.from(
  { length: 100 },
  (_, i) => String(i).padStart(2, "0"),
);

/** The lines of nginx's `split_clients` for the buckets. */
export function bucketLines(): string[] {
  return BUCKET_NAMES.map((name, i) => `${i < 99 ? "1%" : "*"} ${name};`);
}
