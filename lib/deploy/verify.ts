import { ZddError } from "../error.ts";
import { probeUntilGood } from "../instance/probe.ts";
import { LiveLinks } from "../live/links.ts";
import { ALONE } from "../live/steering.ts";
import { formatDuration } from "../text/duration.ts";
import { stopwatch } from "./report.ts";
import type { Run } from "./run.ts";

/**
 * Step 7: GETs the URL of `verify` through nginx, if there is one, until it succeeds. If a
 * service uses the live switch with slots, only the new release can answer, and the request
 * gets through even while clients are turned away or held.
 *
 * @throws {ZddError} with the last answer, if it doesn't succeed within `verify_timeout`.
 */
export async function verify(
  { project: { config }, directory, report }: Run,
  signal?: AbortSignal,
): Promise<void> {
  const { verify: url, verifyTimeout: timeout } = config;
  if (url === undefined) return;
  const took = stopwatch();
  const subject = "nginx";
  const verifying = `verifying ${url}`;
  report({ step: "verify", subject, message: verifying, level: "begin" });
  const word = crypto.randomUUID().replaceAll("-", "");
  using _through = new LiveLinks(directory.path).letThrough(word);
  const seen = await probeUntilGood(new URL(url), {
    headers: { [ALONE]: word },
    isGood: ({ status }) => status >= 200 && status < 400,
    timeout,
    probeTimeout: timeout,
    signal,
  });
  if (seen !== undefined) {
    throw new ZddError(
      `${url} didn't succeed through nginx within ` +
        `${formatDuration(timeout)}; last: ${seen.last}`,
    );
  }
  report({ step: "verify", subject, message: `verified ${url}`, ms: took() });
}
