import { parseEnv } from "node:util";

/** HTTP statuses from `low` to `high`, inclusive. */
export interface StatusRange {
  low: number;
  high: number;
}

/** Reads `200-399` or `200, 204, 300-302`; undefined if it is neither. */
export function parseStatuses(text: string): StatusRange[] | undefined {
  const ranges: StatusRange[] = [];
  for (const part of text.split(/[\s,]+/).filter((part) => part !== "")) {
    const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part);
    if (match === null) return undefined;
    const low = Number(match[1]);
    const high = Number(match[2] ?? match[1]);
    if (high < low) return undefined;
    ranges.push({ low, high });
  }
  return ranges.length === 0 ? undefined : ranges;
}

/**
 * How an instance gets its address. `file`: it writes a port file; `env`, `socket`: zdd assigns
 * a port or the path of a unix socket; `detect`: zdd finds out where it listens; `fixed`: always
 * the same port; `container`: the container engine assigns it; `none`: a worker, without one.
 */
export type PortKind =
  | "file"
  | "env"
  | "socket"
  | "detect"
  | "fixed"
  | "container"
  | "none";

/** Reads `file`, `env`, `socket`, `detect`, `detect 8080`, `none` or a port; undefined for other texts. */
export function parsePort(
  text: string,
): { port: PortKind; portNumber?: number } | undefined {
  const match = /^(file|env|socket|none|detect(?=\s|$))?\s*(\d{1,5})?$/i.exec(
    text,
  );
  const word = match?.[1]?.toLowerCase();
  const portNumber = match?.[2] === undefined ? undefined : Number(match[2]);
  if (portNumber !== undefined && (portNumber < 1 || portNumber > 65535)) {
    return undefined;
  }
  if (word === "detect") return { port: word, portNumber };
  if (portNumber !== undefined) {
    return word === undefined ? { port: "fixed", portNumber } : undefined;
  }
  return word === "file" || word === "env" || word === "socket" ||
      word === "none"
    ? { port: word }
    : undefined;
}

/**
 * Reads the lines of `env` or of an env file: `KEY=VALUE`, with quotes, comments and `export`
 * as for `node --env-file`. The first invalid line is returned as `wrong`.
 */
export function parseEnvironment(
  text: string,
): { variables: Record<string, string>; wrong?: string } {
  const clean = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  // A quoted value may span several lines.
  const wrong = clean.replace(/(=\s*)("[^"]*"|'[^']*'|`[^`]*`)/g, "$1")
    .split("\n").find((line) =>
      !/^\s*(?:#.*|(?:export\s+)?[A-Za-z_]\w*\s*=.*)?$/.test(line)
    );
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(clean))) {
    if (value !== undefined) variables[name] = value;
  }
  return { variables, wrong };
}

/**
 * Splits a text at blanks like a shell: quotes keep a word together, and a backslash escapes
 * the next character. Undefined if a quote isn't closed.
 */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  const pattern = /\s*((?:'[^']*'|"(?:\\[^]|[^"\\])*"|\\[^]|[^\s'"\\])+)\s*/gy;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const word = pattern.exec(text)?.[1];
    if (word === undefined) {
      return text.slice(at).trim() === "" ? words : undefined;
    }
    words.push(
      word.replace(
        /'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\([^])/g,
        (_, single?: string, double?: string, escaped?: string) =>
          single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped ?? "",
      ),
    );
  }
  return words;
}
