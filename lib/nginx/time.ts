/** nginx's units of time, in ms ("Configuration file measurement units"). */
const UNITS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  M: 30 * 86_400_000,
  y: 365 * 86_400_000,
};

/** A time in nginx's notation, such as `60s`, `1m 30s` or `60`, in ms; undefined if it isn't one. */
export function parseNginxTime(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwMy])?\s*/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    return undefined;
  }
  return parts.reduce(
    (sum, [, count = "", unit = "s"]) =>
      sum + Number(count) * (UNITS[unit] ?? 0),
    0,
  );
}
