const UNITS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3600_000,
};

/**
 * Reads a time as deploy.conf writes it: a number of seconds (`30`, `0.5`), or
 * one with a unit (`500ms`, `10s`, `2m`, `1h`). Returns ms; undefined if it is neither.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, digits = "", unit = "s"] = match;
  const ms = Number(digits) * (UNITS[unit] ?? NaN);
  // A timer can't run longer than 2^31 - 1 ms.
  return ms < 2 ** 31 ? Math.round(ms) : undefined;
}

/** Writes a time for people: `85 ms`, `1.2 s`, `3 min 5 s`. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = `${Math.floor(seconds / 60)} min`;
  return seconds % 60 === 0 ? minutes : `${minutes} ${seconds % 60} s`;
}
