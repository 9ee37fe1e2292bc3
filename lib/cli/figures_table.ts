import {
  type Figures,
  formatShare,
  nameOf,
  type ServiceFigures,
} from "../watch/figures.ts";
import { spellControls } from "../text/controls.ts";
import { formatDuration } from "../text/duration.ts";
import { PLAIN, type Style } from "./style.ts";

/** The columns with their titles, widths and figures. */
const COLUMNS: {
  title: string;
  width: number;
  of(figures: Figures): string;
}[] = [
  { title: "REQ/S", width: 8, of: ({ perSecond }) => String(perSecond) },
  {
    title: "FAILED",
    width: 10,
    of: ({ requests, failedShare }) =>
      requests === 0 ? "" : formatShare(failedShare),
  },
  { title: "P50", width: 9, of: ({ p50 }) => time(p50) },
  { title: "P95", width: 9, of: ({ p95 }) => time(p95) },
];

/** If there is less room for the names, P50 is left out. */
const SHORTEST_NAME = 10;

/**
 * Compares the releases of each service, the new one first.
 *
 * @param columns the longest that a line may be
 */
export function figureLines(
  services: readonly ServiceFigures[],
  columns: number,
  style: Style = PLAIN,
): string[] {
  const room = (shown: typeof COLUMNS) =>
    columns - shown.reduce((sum, { width }) => sum + width, 0);
  const shown = room(COLUMNS) >= SHORTEST_NAME
    ? COLUMNS
    : COLUMNS.filter(({ title }) => title !== "P50");
  const line = (name: string, cells: string[]) =>
    [
      name.slice(0, room(shown)).padEnd(room(shown)),
      ...cells.map((cell, i) => cell.padStart(shown[i]?.width ?? 0)),
    ].join("").slice(0, Math.max(0, columns));
  const row = (name: string, figures: Figures) =>
    line(
      `  ${spellControls(name)} ${spellControls(nameOf(figures))}`,
      shown.map(({ of }) => of(figures)),
    );
  return [
    style.dim(line("", shown.map(({ title }) => title))),
    ...services.flatMap(({ service, now, before }) => [
      row(services.length > 1 ? `${service} new` : "new", now),
      row(services.length > 1 ? `${service} old` : "old", before),
    ]),
  ];
}

function time(ms: number | undefined): string {
  return ms === undefined ? "" : formatDuration(ms);
}
