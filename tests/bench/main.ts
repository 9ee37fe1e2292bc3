/**
 * Compares zdd with other programs: `deno task bench`; see `--help`.
 */
import { parseArgs } from "@std/cli/parse-args";
import { join } from "@std/path";
import { NGINX, type Package } from "../../tasks/packages.ts";
import { draw, printMessage, printResult } from "../../lib/cli/output.ts";
import { messageOf } from "../../lib/error.ts";
import { findProgram } from "../../lib/system/program.ts";
import { type Bench, type Findings, holds } from "./bench.ts";
import { OUTPUT, prepareExecutables } from "./executables.ts";
import { describeMachine, formatMachine, loadNow } from "./machine.ts";
import { asMarkdown, asText } from "./report.ts";

const USAGE = `\
Measures zdd beside others, prints tables, and writes dist/bench: results.json,
results.md and the charts.

usage: deno task bench [OPTIONS]

  --quick       a small version, in under two minutes; the exit status is 1 if a
                ratio is far from what it should be
  --only NAME   only this part; may be given several times: failed-requests,
                overhead, startup, memory, throughput, scale, latency
  --rounds N    so many rounds, or deploys
  --help        this

The executable that ZDD_BIN names is measured, or one is compiled.
`;

/** Returns the exit status. */
async function main(args: string[]): Promise<number> {
  const { quick, only, rounds, help } = readArguments(args);
  if (help) {
    draw("stdout", USAGE);
    return 0;
  }
  printMessage("Preparing");
  const executables = await prepareExecutables();
  if (executables.noZdd !== undefined) {
    printMessage(
      `Measuring the source, without executable: ${executables.noZdd}`,
    );
  }
  // Imported here because these modules read ZDD_BIN when they are loaded.
  const { allBenches } = await import("./all.ts");
  const { closeAll } = await import("./site.ts");
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, async () => {
      interrupted = true;
      await closeAll();
      Deno.exit(130);
    });
  }

  const benches = allBenches(executables);
  const unknown = only.filter((name) =>
    !benches.some((bench) => bench.name === name)
  );
  if (unknown.length > 0) {
    printMessage(`There is no part "${unknown.join(", ")}"\n\n${USAGE}`);
    return 2;
  }
  const chosen = benches.filter(({ name }) =>
    only.length === 0 || only.includes(name)
  );
  const missing = missingOf([NGINX, ...chosen.flatMap(({ needs }) => needs)]);
  if (missing !== undefined) {
    printMessage(missing);
    return 1;
  }
  const machine = describeMachine();
  printResult(formatMachine(machine));
  const results: [Bench, Findings][] = [];
  const failures: string[] = [];
  for (const bench of chosen) {
    try {
      const findings = await bench.run({
        quick,
        rounds,
        progress: (text) => printMessage(`${bench.name}: ${text}`),
      });
      results.push([bench, findings]);
      printResult(asText(bench, findings));
    } catch (error) {
      // Its processes are being ended: the listener exits.
      if (interrupted) await new Promise(() => {});
      failures.push(`${bench.name} failed: ${messageOf(error)}`);
      printMessage(failures.at(-1) ?? "");
    }
  }
  const loadAtEnd = loadNow();
  printResult(`\nLoad average at the end: ${loadAtEnd}.`);
  write(results, { machine, loadAtEnd, quick });

  const broken = results.flatMap(([_, { checks }]) => checks)
    .filter((check) => !holds(check, check.band));
  failures.push(
    ...broken.map(({ what, value }) => `broken: ${what}: ${value}`),
  );
  for (const failure of failures) printMessage(failure);
  return failures.length > 0 ? 1 : 0;
}

interface Arguments {
  quick: boolean;
  only: string[];
  rounds?: number;
  help: boolean;
}

function readArguments(args: string[]): Arguments {
  const { quick, help, only, rounds } = parseArgs(args, {
    boolean: ["quick", "help"],
    string: ["only", "rounds"],
    collect: ["only"],
    unknown: (arg) => {
      printMessage(`Expected an option, got "${arg}"\n\n${USAGE}`);
      Deno.exit(2);
    },
  });
  if (rounds !== undefined && !(Number(rounds) >= 1)) {
    printMessage(`Expected a number for --rounds, got "${rounds}"`);
    Deno.exit(2);
  }
  return {
    quick: quick === true,
    help: help === true,
    only: Array.isArray(only) ? only.map(String) : [],
    rounds: rounds === undefined ? undefined : Number(rounds),
  };
}

/** What must be installed before anything can be measured; undefined if nothing. */
function missingOf(packages: Package[]): string | undefined {
  const missing = packages.filter(({ program }, i) =>
    findProgram(program, ".") === undefined &&
    packages.findIndex((other) => other.program === program) === i
  );
  if (missing.length === 0) return undefined;
  const names = missing.map(({ name }) => name).join(" ");
  const reasons = missing.map(({ name, purpose }) => `${name} (${purpose})`);
  return `Missing: ${reasons.join(", ")}. As root, run\n\n` +
    `  apt-get install ${names}\n`;
}

function write(
  results: [Bench, Findings][],
  about: {
    machine: ReturnType<typeof describeMachine>;
    loadAtEnd: string;
    quick: boolean;
  },
): void {
  const parts = results.map(([{ name }, { checks, data }]) => [
    name,
    { checks, data },
  ]);
  const json = { ...about, results: Object.fromEntries(parts) };
  Deno.writeTextFileSync(
    join(OUTPUT, "results.json"),
    JSON.stringify(json, undefined, 2) + "\n",
  );
  const sections = results.map(([bench, findings]) =>
    asMarkdown(bench, findings)
  );
  Deno.writeTextFileSync(
    join(OUTPUT, "results.md"),
    [formatMachine(about.machine) + "\n", ...sections].join("\n"),
  );
  for (const [_, { charts }] of results) {
    for (const [name, svg] of Object.entries(charts)) {
      Deno.writeTextFileSync(join(OUTPUT, `${name}.svg`), svg);
    }
  }
  printResult(`Written: ${OUTPUT}`);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
