/** How often something happened. */
export interface Counted {
  hits: number;
  trials: number;
}

/** Which shares are likely beforehand: a beta distribution with these parameters. */
export interface Prior {
  a: number;
  b: number;
}

/** Nothing is known about the share (Jeffreys). */
const ANY: Prior = { a: 0.5, b: 0.5 };

/**
 * The share is likely to be a few percent. This finds results sooner, with the same
 * certainty.
 */
const SMALL: Prior = { a: 0.5, b: 20 };

/**
 * How strongly counts speak against a share, as the logarithm of how many times better a
 * mixture of all shares explains them (Robbins 1970). If the share is right, the chance
 * that this ever reaches ln(1/a), however often one looks, is at most a (Ville 1939).
 * So a watch may look every second and still be wrong only as rarely as promised.
 *
 * @param share from 0 to 1
 * @param prior what the mixture expects; if there are others, all are equally likely
 */
export function evidence(
  { hits, trials }: Counted,
  share: number,
  prior = ANY,
  ...others: Prior[]
): number {
  const explained = [prior, ...others].map(({ a, b }) =>
    logBeta(a + hits, b + trials - hits) - logBeta(a, b)
  );
  return logOfMean(explained) - times(hits, Math.log(share)) -
    times(trials - hits, Math.log1p(-share));
}

/**
 * How strongly counts speak against a share being at most `margin` above another's,
 * whatever that is: the minimum, over all such pairs of shares, of the evidence of both
 * counts. The first share is expected to be small or anything, so that a release which
 * fails most of its requests is found after a few of them.
 *
 * @param margin how much larger the share may be
 * @param most the other share's maximum
 */
export function evidenceOfMore(
  counted: Counted,
  other: Counted,
  margin: number,
  most = 1,
): number {
  const against = (share: number) =>
    evidence(other, share, SMALL) +
    evidence(counted, share + margin, SMALL, ANY);
  // Outside this range, the evidence only grows.
  let low = other.trials === 0 ? 0 : other.hits / other.trials;
  let high = Math.min(most, counted.hits / counted.trials - margin);
  if (!(high > low)) return -Infinity;
  while (high - low > 1e-6) {
    const [left, right] = [(2 * low + high) / 3, (low + 2 * high) / 3];
    if (against(left) < against(right)) high = right;
    else low = left;
  }
  return against(low);
}

function logOfMean(logarithms: readonly number[]): number {
  const most = Math.max(...logarithms);
  const sum = logarithms.reduce((sum, one) => sum + Math.exp(one - most), 0);
  return most + Math.log(sum / logarithms.length);
}

/** A product that is 0 for a count of 0, even if the factor is infinite. */
function times(count: number, factor: number): number {
  return count === 0 ? 0 : count * factor;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** ln of the gamma function for x > 0: Stirling's series, shifted to be exact to 1e-12. */
function logGamma(x: number): number {
  let shift = 0;
  for (; x < 12; x++) shift += Math.log(x);
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) -
    1 / (1680 * x ** 7);
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series -
    shift;
}
