import { isAllowable } from "../live/allowed.ts";
import { parseAddress } from "../system/address.ts";
import { parseDuration } from "../text/duration.ts";
import { usage } from "./usage.ts";

/** Reads the share of a canary: `10` or `10%`. @throws {ZddError} unless it is a whole percent. */
export function readPercent(text: string): number {
  const percent = /^(\d{1,3})\s*%?$/.exec(text)?.[1];
  if (percent === undefined || Number(percent) > 100) {
    throw usage(`Expected a whole percent from 0 to 100, got "${text}"`);
  }
  return Number(percent);
}

/**
 * Reads the successive shares of a canary, each larger than the one before: `5,25,50`.
 *
 * @throws {ZddError} if they aren't.
 */
export function readShares(text: string): number[] {
  const shares = text.split(",").map((part) => readPercent(part.trim()));
  if (shares.every((share, i) => i === 0 || share > (shares[i - 1] ?? 0))) {
    return shares;
  }
  throw usage(`Expected shares that grow, such as 5,25,50, got "${text}"`);
}

/**
 * The time that an option gives, in ms; undefined if the option isn't given.
 *
 * @throws {ZddError} if it isn't a time.
 */
export function readSeconds(
  option: string,
  text?: string,
): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw usage(
    `Expected a time such as 30 (seconds) or 2m for --${option}, got "${text}"`,
  );
}

/**
 * Reads an address to listen on: a port, `127.0.0.1:8080` or `[::1]:8080`.
 *
 * @throws {ZddError} if it is neither.
 */
export function readListen(
  option: string,
  text: string,
): { host?: string; port: number } {
  const [, host, digits = text] =
    /^((?:\d{1,3}\.){3}\d{1,3}|\[[\dA-Fa-f:.]+\]):(\d+)$/.exec(text) ?? [];
  const address = /^\d{1,5}$/.test(digits) ? parseAddress(text) : undefined;
  if (address === undefined || "path" in address) {
    throw usage(
      `Expected a port or ADDRESS:PORT for --${option}, got "${text}"`,
    );
  }
  return { host, port: address.port };
}

/** Reads the number that an option gives. @throws {ZddError} if it isn't one. */
export function readCount(option: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw usage(`Expected a number for --${option}, got "${text}"`);
}

/**
 * Reads the name of a release, which can be a file name and needs no quoting anywhere.
 *
 * @throws {ZddError} if it has other characters.
 */
export function readRelease(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text)) return text;
  throw usage(
    "Expected letters, digits, dots, hyphens and underscores for --release, " +
      `beginning with a letter or a digit, got ${JSON.stringify(text)}`,
  );
}

/**
 * Reads addresses and networks; each text has one, or several separated by commas.
 *
 * @throws {ZddError} if one is neither.
 */
export function readAllowed(texts: readonly string[]): string[] {
  const all = texts.flatMap((text) => text.split(",")).map((one) => one.trim());
  const wrong = all.find((one) => !isAllowable(one));
  if (wrong === undefined) return [...new Set(all)];
  throw usage(
    "Expected an IP address, or an IPv4 network from /8 to /32, for --allow, " +
      `got "${wrong}"`,
  );
}
