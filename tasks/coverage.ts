/**
 * Measures which lines of lib/ run in the tests: `deno task coverage`, or `deno task
 * coverage tests/config` for only those tests. Prints a table of the rooms and the files
 * below 80 %, and writes the lines that never ran to coverage/, failure paths first.
 *
 * Every zddeploy that a test starts from the source counts as well, unless it is killed.
 */
import { dirname, fromFileUrl, join, relative } from "@std/path";
import { printResult } from "../lib/cli/output.ts";
import { formatTable } from "../lib/cli/table.ts";
import { type Covered, gapsOf, percent, readLcov, total } from "./lcov.ts";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));
const OUTPUT = join(ROOT, "coverage");
/** Files with less coverage are listed, in percent. */
const ENOUGH = 80;

async function main(places: string[]): Promise<boolean> {
  await Deno.remove(OUTPUT, { recursive: true }).catch(() => {});
  const profile = join(OUTPUT, "profile");
  Deno.mkdirSync(profile, { recursive: true });
  const passed = await deno(
    [
      ...["test", "--allow-all", "--no-check", "--parallel", "--frozen"],
      // They run for minutes, and need the network.
      ...["--ignore=tests/frameworks,tests/containers", ...places],
    ],
    // Deno's variable: each Deno process writes its coverage there when it ends.
    { DENO_COVERAGE_DIR: profile },
  );
  const lcov = join(OUTPUT, "lcov.info");
  await deno([
    ...["coverage", "--quiet", `--include=^file://${ROOT}/lib/`],
    ...["--lcov", `--output=${lcov}`, profile],
  ]);
  const files = readLcov(Deno.readTextFileSync(lcov))
    .map((covered) => ({ ...covered, file: relative(ROOT, covered.file) }))
    .sort((a, b) => a.file < b.file ? -1 : 1);
  printResult(`\n${tableOf(roomsOf(files))}`);
  const low = files.filter(({ lines }) => percent(lines) < ENOUGH);
  if (low.length > 0) printResult(`\nBelow ${ENOUGH} %:\n\n${tableOf(low)}`);
  const missed = join(OUTPUT, "missed.txt");
  Deno.writeTextFileSync(missed, gapsIn(files));
  printResult(`\nWhat never ran: ${missed}`);
  return passed;
}

/** Runs a subcommand of Deno. Returns whether it succeeded. */
async function deno(
  args: string[],
  env: Record<string, string> = {},
): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { DENO_JOBS: Deno.env.get("DENO_JOBS") ?? "2", ...env },
    stdin: "null",
  }).spawn();
  return (await child.status).success;
}

/** The totals of each directory of lib/, and of all files. */
function roomsOf(files: Covered[]): Covered[] {
  const rooms = Map.groupBy(
    files,
    ({ file }) => file.split("/").slice(0, -1).slice(0, 2).join("/"),
  );
  return [
    ...[...rooms].map(([room, parts]) => total(room, parts)),
    total("all", files),
  ];
}

function tableOf(rows: Covered[]): string {
  const share = (part: Covered["lines"]) => `${percent(part).toFixed(1)} %`;
  return formatTable([
    ["", "LINES", "BRANCHES"],
    ...rows.map((row) => [row.file, share(row.lines), share(row.branches)]),
  ]);
}

/** `FILE:LINES` for all that never ran, failure paths first. */
function gapsIn(files: Covered[]): string {
  const gaps = files.flatMap((covered) =>
    gapsOf(covered, Deno.readTextFileSync(join(ROOT, covered.file)))
      .map((gap) => ({ file: covered.file, ...gap }))
  );
  const list = (isFailurePath: boolean) =>
    gaps.filter((gap) => gap.isFailurePath === isFailurePath)
      .map(({ file, lines }) => `${file}:${lines}\n`).join("");
  return `Failure paths\n\n${list(true)}\nThe rest\n\n${list(false)}`;
}

if (import.meta.main) Deno.exit(await main(Deno.args) ? 0 : 1);
