import { parseArgs } from "@std/cli/parse-args";
import type { LoadOptions } from "./load_options.ts";

/** The help text of the load's command line. */
export const usage =
  `Usage: deno run -A load.ts --url http://HOST:PORT/PATH [options]

Makes requests until SIGTERM or SIGINT, then prints the figures as JSON.

  --path PATH      asked for in place of the URL's path
  --clients N      clients side by side (20)
  --close          a connection for each request
  --methods A,B    the methods, in turn (GET)
  --post           the same as --methods GET,POST
  --size BYTES     of the body of a POST (64)
  --pause MS       between an answer and the client's next request (0)
  --timeout MS     a request that takes longer hangs (10000)
  --seconds S      ends by itself after this time
  --requests N     ends by itself after this many requests
  --expect REGEXP  what the body of a good answer matches
  --echo           the answer to a POST contains the first 36 bytes of its body
  --text REGEXP    the part of a body that tells answers apart
  --attached       prints a line when every client has had its first outcome,
                   and dies when stdin ends: for a parent process
`;

/** Options that can be passed on a command line: no functions. */
export type ArgumentOptions = LoadOptions & { expect?: RegExp };

const strings = ["url", "path", "methods", "expect", "text"] as const;
const numbers = [
  "clients",
  "size",
  "pause",
  "timeout",
  "seconds",
  "requests",
] as const;
const switches = ["close", "post", "echo", "attached"] as const;

/**
 * Converts options to arguments.
 *
 * @throws {TypeError} if a regular expression has flags.
 */
export function toArguments(options: ArgumentOptions): string[] {
  const { duration, keepAlive = true, echo = false } = options;
  const values = {
    ...options,
    methods: options.methods?.join(","),
    seconds: duration === undefined ? undefined : duration / 1000,
    expect: sourceOf(options.expect),
    text: sourceOf(options.text),
  };
  const args = [...strings, ...numbers].flatMap((name) =>
    values[name] === undefined ? [] : [`--${name}=${values[name]}`]
  );
  if (!keepAlive) args.push("--close");
  if (echo) args.push("--echo");
  return args;
}

function sourceOf(expression: RegExp | undefined): string | undefined {
  if (expression?.flags) {
    throw new TypeError(
      `Cannot pass on a regular expression with flags, got ${expression}`,
    );
  }
  return expression?.source;
}

/**
 * Parses options from arguments.
 *
 * @throws {TypeError} if an argument is unknown or invalid.
 * @throws {SyntaxError} if a regular expression is invalid.
 */
export function fromArguments(
  args: string[],
): ArgumentOptions & { attached: boolean } {
  const parsed = parseArgs(args, {
    string: [...strings, ...numbers],
    boolean: [...switches],
    unknown: (arg) => {
      throw new TypeError(`Expected an option, got "${arg}"`);
    },
  });
  const string = (name: typeof strings[number]) =>
    parsed[name] === undefined ? undefined : String(parsed[name]);
  const expression = (name: typeof strings[number]) => {
    const source = string(name);
    return source === undefined ? undefined : new RegExp(source);
  };
  const number = (name: typeof numbers[number]) => {
    if (parsed[name] === undefined) return undefined;
    const digits = String(parsed[name]);
    if (/^\d+(\.\d+)?$/.test(digits)) return Number(digits);
    throw new TypeError(`Expected a number for --${name}, got "${digits}"`);
  };

  const url = string("url");
  if (url === undefined) throw new TypeError("Expected --url, got none");
  const seconds = number("seconds");
  return {
    url,
    path: string("path"),
    clients: number("clients"),
    keepAlive: parsed.close !== true,
    methods: parsed.post === true
      ? ["GET", "POST"]
      : string("methods")?.split(","),
    size: number("size"),
    pause: number("pause"),
    timeout: number("timeout"),
    duration: seconds === undefined ? undefined : seconds * 1000,
    requests: number("requests"),
    expect: expression("expect"),
    echo: parsed.echo === true,
    text: expression("text"),
    attached: parsed.attached === true,
  };
}
