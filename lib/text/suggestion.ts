import { levenshteinDistance } from "@std/text/levenshtein-distance";

/**
 * The candidate nearest to what was written, if it is near enough to be a typing mistake:
 * at most a third of the letters differ, or two.
 */
export function nearest(
  written: string,
  candidates: Iterable<string>,
): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(written.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = levenshteinDistance(
      written.toLowerCase(),
      candidate.toLowerCase(),
    );
    if (distance < Math.min(bestDistance, candidate.length)) {
      [best, bestDistance] = [candidate, distance];
    }
  }
  return best;
}
