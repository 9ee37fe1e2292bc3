import { formatTable } from "../../lib/cli/table.ts";
import { type Bench, type Check, type Findings, holds } from "./bench.ts";

/** The results of a part, for a terminal. */
export function asText({ title }: Bench, findings: Findings): string {
  const { tables, notes, checks } = findings;
  return [
    `\n${title}\n`,
    ...tables.map((table) => formatTable(table) + "\n"),
    ...notes.map((note) => `- ${note}`),
    ...(checks.length > 0 ? ["", formatTable(checks.map(checkCells))] : []),
  ].join("\n");
}

/** The same for a README. */
export function asMarkdown({ title }: Bench, findings: Findings): string {
  const { tables, notes, charts } = findings;
  const pictures = Object.keys(charts)
    .map((name) => `![${title}](tests/bench/charts/${name}.svg)`);
  return [
    `### ${title}`,
    ...pictures,
    ...tables.map(markdownTable),
    notes.map((note) => `- ${note}`).join("\n"),
  ].join("\n\n") + "\n";
}

function markdownTable(rows: string[][]): string {
  const [head = [], ...body] = rows;
  const columns = head.length;
  const row = (cells: string[]) =>
    `| ${
      Array.from({ length: columns }, (_, i) =>
        (cells[i] ?? "").replaceAll("|", "\\|")).join(" | ")
    } |`;
  return [row(head), `|${" --- |".repeat(columns)}`, ...body.map(row)]
    .join("\n");
}

const BOUNDS = { most: "at most", least: "at least", exactly: "exactly" };

function checkCells(check: Check): string[] {
  const { what, value, bound, aim, band } = check;
  const met = holds(check, aim)
    ? "as aimed at"
    : holds(check, band)
    ? "not yet as aimed at"
    : "BROKEN";
  const limits = aim === band
    ? `${BOUNDS[bound]} ${aim}`
    : `${BOUNDS[bound]} ${aim}, broken beyond ${band}`;
  return [what, Number(value.toFixed(3)).toString(), `(${limits})`, met];
}
