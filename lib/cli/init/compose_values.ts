import { recordOf } from "./project.ts";

// Values that a compose file can write in several ways.

/** The port in a container: `8080`, `80:8080`, `127.0.0.1:80:8080/tcp`, `{target: 8080}`. */
export function targetOf(port: unknown): number | [] {
  const text = typeof port === "object"
    ? String(recordOf(port).target)
    : String(port);
  const target = /(?:^|:)(\d+)(?:\/tcp)?$/.exec(text)?.[1];
  return target === undefined ? [] : Number(target);
}

/** A volume as a line of `volumes`. Compose prefixes the project to names of its own volumes. */
export function mountOf(
  volume: unknown,
  project: string,
  volumes: Record<string, unknown>,
): { line?: string; note?: string } {
  const long = recordOf(typeof volume === "object" ? volume : {});
  const text = typeof volume === "string"
    ? volume
    : long.source === undefined
    ? String(long.target)
    : `${long.source}:${long.target}${long.read_only === true ? ":ro" : ""}`;
  const [source = "", target] = text.split(":");
  if (target === undefined) {
    return {
      note:
        `the volume ${source} has no name: it is removed with the container`,
    };
  }
  if (/[/~]|^\.+$/.test(source)) return { line: text };
  const own = recordOf(volumes[source]);
  const named = typeof own.name === "string"
    ? own.name
    : own.external === true
    ? source
    : `${project}_${source}`;
  return { line: named + text.slice(source.length) };
}

/** The network on which it finds the other services, if there are any. */
export function networkOf(
  service: Record<string, unknown>,
  project: string,
  networks: Record<string, unknown>,
  others: string[],
): string | undefined {
  const { network_mode: mode } = service;
  if (mode === "host" || mode === "bridge") return mode;
  const listed = Array.isArray(service.networks)
    ? service.networks.map(String)
    : Object.keys(recordOf(service.networks));
  const [first = others.length > 0 ? "default" : undefined] = listed;
  if (first === undefined) return undefined;
  const own = recordOf(networks[first]);
  if (typeof own.name === "string") return own.name;
  return own.external === true ? first : `${project}_${first}`;
}

/** A value that may be one thing or a list, as a list. */
export function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** `KEY=VALUE` in a list, or a mapping. A key without a value is inherited. */
export function pairsOf(value: unknown): [string, string | undefined][] {
  if (!Array.isArray(value)) {
    return Object.entries(recordOf(value)).map(([key, each]) =>
      each === null ? [key, undefined] : [key, String(each)]
    );
  }
  return value.map(String).map((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? [pair, undefined] : [pair.slice(0, at), pair.slice(at + 1)];
  });
}

/** A value of `env`, in quotes if it has quotes, a #, or blanks at its ends. */
export function envValue(value: string): string {
  const plain = value.replaceAll("$$", "$");
  if (!/^\s|\s$|["'`#\n]/.test(plain)) return plain;
  const mark = ["'", '"', "`"].find((each) => !plain.includes(each)) ?? '"';
  return mark + plain + mark;
}

/** The words of a command; a string counts as one. */
export function wordsOf(value: unknown): string[] {
  const words = listOf(value).map(String);
  return words[0] === "CMD" || words[0] === "CMD-SHELL"
    ? words.slice(1)
    : words;
}

/** Quotes a word for the shell, unless it is the only one: that is a whole command. */
export function quote(word: string, _: number, all: string[]): string {
  if (all.length === 1 || /^[\w@%+=:,./{}-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The values of an option, quoted for `options`. */
export function optionValues(value: unknown): string[] {
  const values = typeof value === "object" && !Array.isArray(value)
    ? pairsOf(value).map(([key, each = ""]) => `${key}=${each}`)
    : listOf(value).map(String);
  return values.map((each) => quote(each, 0, ["", each]));
}

/** `512m` or `1gb`, in the format of `memory_max`. */
export function sizeOf(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value).toUpperCase();
}

/** A compose duration such as `1m30s` in seconds; other texts unchanged. */
export function durationOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const units = { h: 3600, m: 60, s: 1 };
  const parts = [...String(value).matchAll(/(\d+)([hms])(?!s)/g)];
  if (parts.length === 0) return String(value);
  return String(parts.reduce(
    (sum, [, count, unit]) =>
      sum + Number(count) * units[unit as keyof typeof units],
    0,
  ));
}
