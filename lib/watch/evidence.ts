/** How often something happened. */
export interface Counted {
  hits: number;
  trials: number;
}

/** Which shares are likely from the start: those that a beta distribution of these parameters has. */
export interface Prior {
  a: number;
  b: number;
}

/** Nothing is known of the share (Jeffreys). */
const ANY: Prior = { a: 0.5, b: 0.5 };

/** The share is likely to be a few percent. It makes what is found no less sure, only sooner found. */
const SMALL: Prior = { a: 0.5, b: 20 };

/**
 * How strongly counts speak against a share, as the logarithm of how many times better a
 * mixture of all shares explains them (Robbins 1970). If the share is right, the chance
 * that this ever reaches ln(1/a), however often one looks, is at most a (Ville 1939).
 * So a watch may look each second and still be wrong as seldom as it says.
 *
 * @param share from 0 to 1
 * @param prior what the mixture expects; with others, each of them is as likely
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
 * How strongly counts speak against a share that is at most so much above another's, whatever
 * that is: the least that both together speak against any pair of such shares. The first
 * share is likely to be small, or may be any: a release that fails most of its requests is
 * found after a few of them.
 *
 * @param margin how much larger the share may be
 * @param most what the other's is at most
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
  // Below it the other speaks against it more, above it this one does.
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

/** A share of a count; nothing of nothing, whatever the factor. */
function times(count: number, factor: number): number {
  return count === 0 ? 0 : count * factor;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** ln of the gamma function for x > 0: Stirling's series, moved to where it is exact to 1e-12. */
function logGamma(x: number): number {
  let shift = 0;
  for (; x < 12; x++) shift += Math.log(x);
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) -
    1 / (1680 * x ** 7);
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series -
    shift;
}
