/** A summary of several rounds of one measurement. */
export interface Summary {
  median: number;
  min: number;
  max: number;
  /** How many rounds there were. */
  rounds: number;
}

/**
 * The smallest value that this part of all values doesn't exceed; NaN if there are none.
 *
 * @param part from 0 to 1
 */
export function percentile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN;
}

/** The middle value, or the mean of the two in the middle; NaN if there are none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const upper = sorted[sorted.length >> 1] ?? NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? NaN;
  return (lower + upper) / 2;
}

/** Median, smallest and largest value. */
export function summarize(values: readonly number[]): Summary {
  return {
    median: median(values),
    min: percentile(values, 0),
    max: percentile(values, 1),
    rounds: values.length,
  };
}

/** Each value divided by the one measured in the same round. */
export function ratios(
  values: readonly number[],
  partners: readonly number[],
): number[] {
  return values.map((value, i) => value / (partners[i] ?? NaN));
}

/** The slope of the straight line that fits the points best (least squares). */
export function slope(points: readonly { x: number; y: number }[]): number {
  const mean = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const x = mean((point) => point.x);
  const y = mean((point) => point.y);
  return mean((point) => (point.x - x) * (point.y - y)) /
    mean((point) => (point.x - x) ** 2);
}

/** `12.3 (11.9–14.0)`: the median and the range. */
export function formatSummary(
  { median, min, max, rounds }: Summary,
  digits = 2,
): string {
  const text = median.toFixed(digits);
  return rounds < 2
    ? text
    : `${text} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/**
 * Measures several things in turn, round by round, so that other work on the machine
 * affects all of them. Every other round is in reverse order. Returns the values by name.
 */
export async function alternate<Name extends string>(
  rounds: number,
  measurements: Record<Name, (round: number) => Promise<number>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(measurements) as Name[];
  const entries = names.map((name): [Name, number[]] => [name, []]);
  const values = Object.fromEntries(entries) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      values[name].push(await measurements[name](round));
    }
  }
  return values;
}
