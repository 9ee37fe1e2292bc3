/** What a run of tests or checks came to. */
export interface Tally {
  passed: number;
  failed: number;
}

/** The sum of several runs. */
export function sum(tallies: Tally[]): Tally {
  const total = { passed: 0, failed: 0 };
  for (const { passed, failed } of tallies) {
    total.passed += passed;
    total.failed += failed;
  }
  return total;
}

/** `12 passed, 0 failed`. */
export function formatTally({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}

/**
 * What `deno test --junit-path` counted, steps of tests included. A run that
 * says less than its exit status, because a file couldn't be loaded or the runner
 * died, counts as one failure more; so does one that ran nothing.
 *
 * @param report the text of the report; undefined if there is none
 * @param success whether `deno test` ended with exit status 0
 */
export function readReport(
  report: string | undefined,
  success: boolean,
): Tally {
  const head = /<testsuites [^>]*>/.exec(report ?? "")?.[0] ?? "";
  const failed = count(head, "failures") + count(head, "errors");
  const ignored = [...(report ?? "").matchAll(/<testsuite [^>]*>/g)]
    .reduce((ignored, [suite]) => ignored + count(suite, "disabled"), 0);
  const passed = count(head, "tests") - failed - ignored;
  const isComplete = passed + failed > 0 && success === (failed === 0);
  return { passed, failed: isComplete ? failed : failed + 1 };
}

function count(tag: string, attribute: string): number {
  return Number(new RegExp(` ${attribute}="(\\d+)"`).exec(tag)?.[1] ?? 0);
}
