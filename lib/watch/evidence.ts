/**
 * How strongly `hits` of `trials` speak against a share, as the logarithm of how often
 * better a mixture of all shares explains them: a likelihood ratio with Jeffreys' prior,
 * Beta(1/2, 1/2), against one share (Robbins 1970). If the share is right, the chance
 * that this ever reaches ln(1/a), however often one looks, is at most a (Ville 1939).
 * So a watch may look each second and still be wrong as seldom as it says.
 *
 * @param share from 0 to 1
 */
export function evidence(hits: number, trials: number, share: number): number {
  return logBeta(hits + 0.5, trials - hits + 0.5) - Math.log(Math.PI) -
    times(hits, Math.log(share)) - times(trials - hits, Math.log1p(-share));
}

/**
 * The largest share that `hits` of `trials` don't speak against, at a risk: 1 if nothing
 * is known.
 *
 * @param risk the chance that it ever is too small
 */
export function upperShare(hits: number, trials: number, risk: number): number {
  const enough = Math.log(1 / risk);
  let low = trials === 0 ? 1 : hits / trials;
  let high = 1;
  // The evidence grows from the observed share on: halved until it is known to a millionth.
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (evidence(hits, trials, middle) < enough) low = middle;
    else high = middle;
  }
  return high;
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
