import { messageOf } from "../error.ts";
import type { Address } from "../system/address.ts";
import { type Answer, httpGet } from "../system/http.ts";
import { waitUntil } from "../system/wait.ts";
import { escapeControls } from "../text/escape.ts";

/** How to probe a URL. All times in ms. */
export interface Probing {
  /** Where to connect to instead of the URL's own host and port. */
  address?: Address;
  /** Additional headers of the request. */
  headers?: Record<string, string>;
  isGood(answer: Answer): boolean;
  /** For all tries together. */
  timeout: number;
  /** For one try. */
  probeTimeout: number;
  /** Ends the probing early by throwing its reason. */
  signal?: AbortSignal;
}

/** The result of failed probing. */
export interface Unanswered {
  tries: number;
  /** What the last complete try saw, for people. */
  last: string;
}

/** The minimum time for the last try, in ms. */
const LAST_TRY = 100;

/**
 * GETs a URL again and again until the answer is good.
 *
 * @returns undefined if it is good; otherwise what was seen.
 */
export async function probeUntilGood(
  url: URL,
  { address, headers, isGood, timeout, probeTimeout, signal }: Probing,
): Promise<Unanswered | undefined> {
  const end = performance.now() + timeout;
  const seen = { tries: 0, last: "" };
  const good = await waitUntil(async () => {
    seen.tries++;
    const left = Math.ceil(Math.max(end - performance.now(), LAST_TRY));
    const shorter = left < probeTimeout;
    const time = shorter ? left : probeTimeout;
    try {
      const answer = await httpGet(url, {
        address,
        headers,
        timeout: time,
        signal,
      });
      if (isGood(answer)) return true;
      seen.last = describeAnswer(answer);
    } catch (error) {
      // The timeout of a shortened try means less than the result of a full one.
      const cut = shorter && error instanceof Deno.errors.TimedOut;
      if (!cut || seen.last === "") seen.last = messageOf(error);
    }
    return undefined;
  }, { timeout, interval: 25, slowest: 1000, signal });
  return good ? undefined : seen;
}

/** `503 "upstream is down"`: the status and the first words of an answer. */
export function describeAnswer({ status, text }: Answer): string {
  const words = text.replace(/\s+/g, " ").trim().slice(0, 80);
  return words === ""
    ? String(status)
    : `${status} ${escapeControls(JSON.stringify(words))}`;
}
