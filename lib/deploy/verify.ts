import { messageOf, ZddError } from "../error.ts";
import { describeAnswer } from "../instance/check.ts";
import { httpGet } from "../system/http.ts";
import { waitUntil } from "../system/wait.ts";
import { formatDuration } from "../text/duration.ts";
import { stopwatch } from "./report.ts";
import type { Run } from "./run.ts";

/**
 * Step 7: GETs the URL of `verify` through nginx, if there is one, until it answers with
 * success.
 *
 * @throws {ZddError} with the last answer, if it doesn't within `verify_timeout`.
 */
export async function verify(
  { project: { config }, report }: Run,
  signal?: AbortSignal,
): Promise<void> {
  const { verify: url, verifyTimeout: timeout } = config;
  if (url === undefined) return;
  const took = stopwatch();
  const subject = "nginx";
  const verifying = `verifying ${url}`;
  report({ step: "verify", subject, message: verifying, level: "begin" });
  let last = "";
  const verified = await waitUntil(async () => {
    try {
      const answer = await httpGet(new URL(url), undefined, timeout, signal);
      if (answer.status >= 200 && answer.status < 400) return true;
      last = describeAnswer(answer);
    } catch (error) {
      last = messageOf(error);
    }
    return undefined;
  }, { timeout, interval: 50, slowest: 1000, signal });
  if (!verified) {
    throw new ZddError(
      `${url} doesn't answer with success through nginx after ` +
        `${formatDuration(timeout)}; last: ${last}`,
    );
  }
  report({ step: "verify", subject, message: `verified ${url}`, ms: took() });
}
