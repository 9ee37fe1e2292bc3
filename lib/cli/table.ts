import { spellControls } from "../text/controls.ts";
import { widthOf } from "./style.ts";

/** Formats rows as a table with aligned columns, two blanks between them. */
export function formatTable(rows: string[][]): string {
  const lines = rows.map((row) => row.map(inCell));
  const widths: number[] = [];
  for (const row of lines) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, widthOf(cell));
    });
  }
  return lines.map((row) =>
    row.map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - widthOf(cell)))
      .join("  ").trimEnd()
  ).join("\n");
}

/** A text on one line, of as many columns as characters. */
function inCell(text: string): string {
  return spellControls(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}
