/** The nginx that Angie 1.0 is based on; later versions are based on later ones. */
const ANGIE_BASE = "1.23.1";

/**
 * The version of nginx in what `nginx -V` prints on its standard error:
 *
 *     nginx version: nginx/1.22.1
 *     nginx version: openresty/1.25.3.1
 *     Tengine version: Tengine/2.2.2 (nginx/1.8.1)
 *     Angie version: Angie/1.8.1, sometimes with a line "nginx version: nginx/1.27.3"
 *
 * @returns `0.0.0` if unknown
 */
export function parseVersion(printed: string): string {
  const told = printed.split("\n").filter((line) => /^\w+ version: /.test(line))
    .join("\n");
  const known = /\b(?:nginx|openresty|freenginx)\/(\d+\.\d+\.\d+)/.exec(told);
  if (known?.[1] !== undefined) return known[1];
  return told.includes(" Angie") ? ANGIE_BASE : "0.0.0";
}

/**
 * Where nginx logs requests by default, from what `nginx -V` prints: `logs/access.log`
 * below its prefix, unless built otherwise.
 */
export function parseDefaultLog(printed: string): string {
  const [, quoted, plain] =
    /--http-log-path=(?:'([^']*)'|(\S+))/.exec(printed) ?? [];
  return quoted ?? plain ?? "logs/access.log";
}

/** Compares versions such as `1.27.4` number by number: negative, zero or positive. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
