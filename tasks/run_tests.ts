/**
 * Checks and tests everything: `deno task test`. First installs what the tests need. The
 * end-to-end tests use the executable, or the source if it can't be compiled; all others
 * use the source. The last line sums up all runs. The exit status is 1 if anything failed.
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { printResult } from "../lib/cli/output.ts";
import { formatTable } from "../lib/cli/table.ts";
import { compile } from "./compile.ts";
import { NoRuntime } from "./executable/compiler.ts";
import { FOR_CONTAINERS, FOR_TESTS, install } from "./packages.ts";
import {
  type Failure,
  filterOf,
  formatFailure,
  formatTally,
  readFailures,
  readReport,
  sum,
  type Tally,
} from "./tally.ts";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));

/** After how many minutes a run counts as hanging and is ended. */
const RUN_TIMEOUT = 20;

/**
 * Deno before 2.8 formats SVG differently, reports names that may be used, and counts
 * detached children as leaks of a test.
 */
const IS_OLD = /^2\.[0-7]\./.test(Deno.version.deno);

/** What the formatter must ignore. */
const IGNORED = IS_OLD ? ["--ignore=tests/bench/charts"] : [];

/**
 * How many test files run in parallel. Most of them wait, but too many starve each other on
 * two cores.
 */
const JOBS = Deno.env.get("DENO_JOBS") ?? "3";

/** The slowest tests run first, so that the last ones don't leave a processor idle. */
const SLOWEST = [
  ...["tests/e2e/ansible", "tests/crash/every_step", "tests/e2e/samples"],
  ...["tests/crash", "tests/e2e", "tests/fuzz", "tests/support"],
];

/**
 * End-to-end tests in which the source behaves differently: how it starts, what it draws
 * and runs.
 */
const DIFFERENT_ON_THE_SOURCE = [
  "tests/e2e/terminal_test.ts",
  "tests/e2e/usage_test.ts",
  "tests/e2e/verbose_test.ts",
];

/**
 * Tests that start instances from their own process, which adopts orphans
 * (PR_SET_CHILD_SUBREAPER). Files that run in parallel are threads of one process, and
 * would adopt each other's.
 */
const IN_THEIR_PROCESS = ["tests/instance/", "tests/deploy/"];

interface Run {
  name: string;
  /** Undefined if it was skipped. */
  tally?: Tally;
  /** Why it was skipped. */
  skipped?: string;
  /** The tests that failed. */
  failures?: Failure[];
  /** Whether those passed when they ran again, alone. */
  passedAgain?: boolean;
}

/**
 * Up to this many failed tests run again: a few may have lacked a processor, many are
 * broken.
 */
const MOST_AGAIN = 3;

async function main(): Promise<Run[]> {
  try {
    await install(FOR_TESTS);
  } catch (error) {
    return [failure("packages", error)];
  }
  try {
    await install(FOR_CONTAINERS);
  } catch (error) {
    printResult(error instanceof Error ? error.message : String(error));
  }
  const runs = [
    await check("format", "fmt", "--check", ...IGNORED),
    ...(IS_OLD ? [] : [await check("lint", "lint")]),
    await check("types", "check", "--quiet"),
  ];
  const files = testFiles();
  const endToEnd = files.filter((file) => file.startsWith("tests/e2e/"));
  const executable = await compiled();
  if (typeof executable !== "string") {
    printResult("The end-to-end tests run on the source");
    return [...runs, executable, ...await testSource(files)];
  }
  const onSource = files.filter((file) =>
    !endToEnd.includes(file) || DIFFERENT_ON_THE_SOURCE.includes(file)
  );
  const name = "end-to-end tests, on the executable";
  runs.push(
    ...await testSource(onSource),
    await test(name, endToEnd, { ZDD_BIN: executable }),
  );
  return runs;
}

/** Runs tests on the source. Tests that others would disturb run separately. */
async function testSource(files: string[]): Promise<Run[]> {
  const isApart = (file: string) =>
    IN_THEIR_PROCESS.some((place) => file.startsWith(place));
  const apart = files.filter(isApart);
  const others = files.filter((file) => !isApart(file));
  return [
    await test("tests of instances and deploys, one by one", apart, {
      DENO_JOBS: "1",
    }),
    await test("tests, on the source", others),
  ];
}

/** Compiles the executable. Returns its path, or the failed or skipped run. */
async function compiled(): Promise<string | Run> {
  const name = "executable";
  heading("compile");
  try {
    const executable = await compile();
    printResult(executable);
    return executable;
  } catch (error) {
    if (!(error instanceof NoRuntime)) return failure(name, error);
    printResult(error.message);
    return { name, skipped: error.message };
  }
}

/**
 * Tests that take minutes, and some need the network: `deno task frameworks` and
 * `containers`.
 */
const APART = ["tests/frameworks/", "tests/containers/"];

/** All other test files, in the order in which they are started. */
function testFiles(): string[] {
  const rank = (file: string) =>
    SLOWEST.findIndex((place) => file.startsWith(place)) >>> 0;
  return [...filesIn("tests"), ...filesIn("tasks")]
    .filter((file) =>
      file.endsWith("_test.ts") &&
      !APART.some((place) => file.startsWith(place))
    )
    .toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function filesIn(directory: string): string[] {
  return [...Deno.readDirSync(join(ROOT, directory))].flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    return entry.isDirectory ? filesIn(path) : [path];
  });
}

/** Runs one of Deno's own checks; it counts as one. */
async function check(name: string, ...args: string[]): Promise<Run> {
  heading(name);
  const success = await deno(args);
  return {
    name,
    tally: success ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 },
  };
}

/**
 * Runs the tests in these files. Failed tests run again when nothing else does: a test that
 * only fails on a busy machine is reported, and counts as passed.
 */
async function test(
  name: string,
  files: string[],
  env: Record<string, string> = {},
): Promise<Run> {
  heading(name);
  const first = await report(files, env);
  const { tally, failures } = first;
  const isComplete = failures.length === tally.failed;
  if (failures.length === 0 || failures.length > MOST_AGAIN || !isComplete) {
    return { name, ...first };
  }
  heading(`${name}: once more, what failed`);
  const again = await report(files, { ...env, DENO_JOBS: "1" }, failures);
  const { failed, passed } = again.tally;
  if (failed > 0 || passed < failures.length) return { name, ...first };
  const all = { passed: tally.passed + tally.failed, failed: 0 };
  return { name, tally: all, failures, passedAgain: true };
}

/** Runs the tests in these files, or only some of them. */
async function report(
  files: string[],
  env: Record<string, string>,
  only?: Failure[],
): Promise<{ tally: Tally; failures: Failure[] }> {
  const path = Deno.makeTempFileSync({ prefix: "zdd-report-" });
  const success = await deno(
    [
      // `deno check` has checked the types.
      ...["test", "--allow-all", "--no-check", "--parallel", "--frozen"],
      ...(IS_OLD ? ["--preload", "tasks/without_sanitizers.ts"] : []),
      ...(only === undefined ? [] : ["--filter", filterOf(only)]),
      ...["--junit-path", path, ...files],
    ],
    env,
  );
  const text = Deno.readTextFileSync(path);
  Deno.removeSync(path);
  return { tally: readReport(text, success), failures: readFailures(text) };
}

/** Runs a subcommand of Deno with the same output as this. Returns whether it succeeded. */
async function deno(
  args: string[],
  env: Record<string, string> = {},
): Promise<boolean> {
  const all = { DENO_JOBS: JOBS, ...env };
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: Deno.stdout.isTerminal() ? all : { ...all, NO_COLOR: "1" },
    stdin: "null",
  }).spawn();
  const timer = setTimeout(() => {
    printResult(`It hangs: ended after ${RUN_TIMEOUT} minutes`);
    child.kill("SIGKILL");
  }, RUN_TIMEOUT * 60_000);
  const { success } = await child.status;
  clearTimeout(timer);
  return success;
}

function failure(name: string, error: unknown): Run {
  printResult(error instanceof Error ? error.message : String(error));
  return { name, tally: { passed: 0, failed: 1 } };
}

function heading(name: string): void {
  printResult(`\n== ${name}`);
}

function outcomeOf({ tally, skipped }: Run): string {
  return tally === undefined ? `skipped: ${skipped}` : formatTally(tally);
}

if (import.meta.main) {
  // This program decides what is tested, not the environment.
  Deno.env.delete("ZDD_BIN");
  // Otherwise the tests' directories could be open to other users.
  Deno.umask(0o022);
  // The same commit gives the same result. A weekly run tries other seeds.
  Deno.env.set("ZDD_SEED", Deno.env.get("ZDD_SEED") ?? "1");
  // For nginx: on Debian, an ordinary user's PATH lacks its directory.
  Deno.env.set("PATH", `${Deno.env.get("PATH")}:/usr/sbin`);
  const runs = await main();
  const total = sum(runs.flatMap(({ tally }) => tally ?? []));
  for (const { name, failures = [], passedAgain } of runs) {
    if (failures.length === 0) continue;
    const what = passedAgain
      ? "what failed, and passed by itself"
      : "what failed";
    heading(`${what}: ${name}`);
    failures.map(formatFailure).forEach(printResult);
  }
  heading("in all");
  printResult(formatTable(runs.map((run) => [run.name, outcomeOf(run)])));
  printResult(formatTally(total));
  Deno.exit(total.failed === 0 ? 0 : 1);
}
