/** The result of a run of tests or checks. */
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
 * The counts of `deno test --junit-path`, including steps of tests. If a run's report shows
 * no failure but its exit status does, because a file couldn't be loaded or the runner
 * died, that counts as one more failure. So does a run without tests.
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

/** How many lines of a failure's text are repeated at the end. */
const FAILURE_LINES = 20;

/** A test that failed. */
export interface Failure {
  file: string;
  /** The name with the steps that lead to it: `test ... step`. */
  name: string;
  message: string;
}

/** The failures in a report of `deno test --junit-path`. */
export function readFailures(report: string): Failure[] {
  const cases = report.matchAll(
    /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<failure message="([^"]*)"/g,
  );
  return [...cases].map(([, name = "", file = "", message = ""]) => ({
    name: unescape(name),
    file: unescape(file),
    message: unescape(message),
  }));
}

/** The test and the first lines of its message. */
export function formatFailure({ file, name, message }: Failure): string {
  const lines = message.trimEnd().split("\n").slice(0, FAILURE_LINES);
  return [`${file} => ${name}`, ...lines.map((line) => `    ${line}`)]
    .join("\n");
}

/** The value of `deno test --filter` that selects only these tests, with all their steps. */
export function filterOf(failures: Failure[]): string {
  const names = failures.map(({ name }) => name.split(" ... ")[0] ?? "");
  const escaped = [...new Set(names)]
    .map((name) => name.replace(/[^\p{L}\p{N}\s_<>'"]/gu, "\\$&"));
  return `/^(${escaped.join("|")})$/`;
}

/** Replaces XML's predefined entities with their text. */
function unescape(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => {
    return { lt: "<", gt: ">", quot: '"', apos: "'" }[name] ?? "&";
  });
}
