import {
  COLORS,
  FAINT,
  formatNumber,
  INK,
  legend,
  line,
  picture,
  PLAIN,
  rectangle,
  text,
  ticks,
  WIDTH,
} from "./svg.ts";

export interface Part {
  name: string;
  value: number;
}

export interface Bar {
  label: string;
  /** What it is made of, one behind the other; the same parts in all bars, or one without a name. */
  parts: Part[];
  /** What stands in place of the bar if it has no parts. */
  absent?: string;
}

export interface BarChart {
  title: string;
  /** Of the values. */
  unit: string;
  /** Behind the decimal point. */
  digits?: number;
  bars: Bar[];
}

const LEFT = 300;
const RIGHT = WIDTH - 80;
const TOP = 74;
const ROW = 24;

/** Bars that lie below each other, with their sums. */
export function barChart({ title, unit, digits, bars }: BarChart): string {
  const sums = bars.map(({ parts }) =>
    parts.reduce((sum, { value }) => sum + value, 0)
  );
  const scale = ticks(Math.max(...sums, 0.001));
  const most = scale.at(-1) ?? 1;
  const at = (value: number) => LEFT + (RIGHT - LEFT) * value / most;
  const bottom = TOP + ROW * bars.length;
  const names = bars.find(({ parts }) => parts.length > 0)?.parts
    .map(({ name }) => name) ?? [];

  const grid = scale.map((tick) =>
    line(at(tick), TOP - 4, at(tick), bottom) +
    text(at(tick), bottom + 14, formatNumber(tick), {
      anchor: "middle",
      color: FAINT,
    })
  );
  const rows = bars.map(({ label, parts, absent }, i) => {
    const y = TOP + ROW * i;
    let sum = 0;
    const drawn = parts.map(({ name, value }, part) => {
      const from = at(sum);
      sum += value;
      const color = name === "" ? PLAIN : COLORS[part % COLORS.length] ?? INK;
      return rectangle(from, y + 3, at(sum) - from, ROW - 7, color);
    });
    const words = parts.length === 0 ? absent ?? "" : formatNumber(sum, digits);
    return [
      text(LEFT - 10, y + ROW / 2, label, { anchor: "end" }),
      ...drawn,
      text(at(sum) + 6, y + ROW / 2, words, {
        color: parts.length === 0 ? FAINT : INK,
        bold: parts.length > 0,
      }),
    ].join("");
  });
  return picture(title, bottom + 44, [
    names.length > 1 ? legend(names, 20, 50) : "",
    ...grid,
    ...rows,
    text((LEFT + RIGHT) / 2, bottom + 31, unit, {
      anchor: "middle",
      color: FAINT,
    }),
  ]);
}
