import { formatDuration } from "../text/duration.ts";
import { messageOf, ZddError } from "../error.ts";
import { describeAnswer } from "../instance/check.ts";
import { httpGet } from "../system/http.ts";
import { waitUntil } from "../system/wait.ts";
import { type Report, stopwatch } from "./report.ts";
import type { Started } from "./started.ts";

/**
 * Step 7: GETs a URL through nginx until it answers with success.
 *
 * @param timeout ms
 * @param started the new instances, one of which may end at its first request
 * @throws {ZddError} with the last answer, if it doesn't.
 */
export async function verify(
  url: string,
  timeout: number,
  started: Started,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  const took = stopwatch();
  const verifying = `verifying ${url}`;
  report({
    step: "verify",
    subject: "nginx",
    message: verifying,
    level: "begin",
  });
  let last = "";
  const verified = await waitUntil(async () => {
    await started.instances();
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
  const message = `verified ${url}`;
  report({ step: "verify", subject: "nginx", message, ms: took() });
}
