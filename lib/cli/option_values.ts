import { parseDuration } from "../text/duration.ts";
import { usage } from "./usage.ts";

/** The share of a canary: `10` or `10%`. @throws {ZddError} if it isn't a whole percent. */
export function readPercent(text: string): number {
  const percent = /^(\d{1,3})\s*%?$/.exec(text)?.[1];
  if (percent === undefined || Number(percent) > 100) {
    throw usage(`Expected a whole percent from 0 to 100, got "${text}"`);
  }
  return Number(percent);
}

/**
 * The time that an option names, in ms; undefined if it isn't given.
 *
 * @throws {ZddError} if it is no time.
 */
export function readSeconds(
  option: string,
  text?: string,
): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw usage(`Expected seconds for --${option}, got "${text}"`);
}

/** A port that an option names. @throws {ZddError} if it is none. */
export function readPort(option: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port < 65536) return port;
  throw usage(`Expected a port for --${option}, got "${text}"`);
}

/** A number that an option names. @throws {ZddError} if it is none. */
export function readCount(option: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw usage(`Expected a number for --${option}, got "${text}"`);
}

/**
 * The name of a release: one that is a file's name, too, and that needs no quoting
 * anywhere.
 *
 * @throws {ZddError} if it has any other character.
 */
export function readRelease(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text)) return text;
  throw usage(
    "Expected letters, digits, dots, hyphens and underscores for --release, " +
      `beginning with a letter or a digit, got ${JSON.stringify(text)}`,
  );
}
