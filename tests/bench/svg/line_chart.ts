import {
  COLORS,
  element,
  FAINT,
  formatNumber,
  INK,
  legend,
  line,
  picture,
  text,
  ticks,
  WIDTH,
} from "./svg.ts";

export interface Point {
  x: number;
  /** NaN leaves a gap. */
  y: number;
}

/** One of several diagrams below each other, with the same axes. */
export interface Panel {
  /** What it shows; empty for the only one. */
  title: string;
  series: { name: string; points: Point[] }[];
  /** Where vertical lines stand. */
  marks?: number[];
  /** Where red dots stand at the upper edge, and how many things went wrong there. */
  losses?: { x: number; count: number }[];
}

export interface LineChart {
  title: string;
  x: string;
  y: string;
  /** Whether each step upwards is ten times the one below. */
  logarithmic?: boolean;
  /** What the marks and the dots are, for the legend. */
  explanation?: string;
  panels: Panel[];
}

const LEFT = 70;
const RIGHT = WIDTH - 24;
const TOP = 90;
const LOSS = "#cf222e";

/** Lines over a common x axis. */
export function lineChart(chart: LineChart): string {
  const { title, panels, explanation = "" } = chart;
  const height = panels.length > 1 ? 170 : 300;
  const gap = 50;
  const names = panels[0]?.series.map(({ name }) => name) ?? [];
  const all = panels.flatMap(({ series }) =>
    series.flatMap(({ points }) => points)
  ).filter(({ y }) => Number.isFinite(y));
  const xs = ticks(Math.max(...all.map(({ x }) => x), 1));
  const x = linear([0, Math.max(...all.map(({ x }) => x), 1)], [LEFT, RIGHT]);
  const ys = chart.logarithmic
    ? powersAround(all.map(({ y }) => y))
    : ticks(Math.max(...all.map(({ y }) => y)));

  const drawn = panels.map((panel, i) => {
    const top = TOP + i * (height + gap);
    const bottom = top + height;
    const range = [ys[0] ?? 0, ys.at(-1) ?? 1] as const;
    const y = chart.logarithmic
      ? logarithmic(range, [bottom, top])
      : linear(range, [bottom, top]);
    return [
      text(LEFT, top - 10, panel.title, { bold: true }),
      ...ys.map((tick) =>
        line(LEFT, y(tick), RIGHT, y(tick)) +
        text(LEFT - 8, y(tick), formatNumber(tick), {
          anchor: "end",
          color: FAINT,
        })
      ),
      ...xs.filter((tick) => x(tick) <= RIGHT + 1).map((tick) =>
        text(x(tick), bottom + 13, formatNumber(tick), {
          anchor: "middle",
          color: FAINT,
        })
      ),
      ...(panel.marks ?? []).map((mark) =>
        line(x(mark), top, x(mark), bottom, "#8c959f", "3 3")
      ),
      ...panel.series.map(({ points }, i) =>
        curve(points, x, y, COLORS[i % COLORS.length] ?? INK)
      ),
      ...(panel.losses ?? []).map((loss) =>
        dot(x(loss.x), top + 4, loss.count)
      ),
    ].join("");
  });
  const end = TOP + panels.length * (height + gap) - gap;
  return picture(title, end + 46, [
    legend(names, LEFT, 48),
    text(RIGHT, 48, explanation, { anchor: "end", color: FAINT }),
    ...drawn,
    text((LEFT + RIGHT) / 2, end + 32, chart.x, {
      anchor: "middle",
      color: FAINT,
    }),
    element(
      "g",
      { transform: `translate(18 ${Math.round((TOP + end) / 2)}) rotate(-90)` },
      text(0, 0, chart.y, { anchor: "middle", color: FAINT }),
    ),
  ]);
}

type Scale = (value: number) => number;

function linear(
  [low, high]: readonly [number, number],
  [from, to]: [number, number],
): Scale {
  return (value) => from + (to - from) * (value - low) / (high - low);
}

function logarithmic(
  [low, high]: readonly [number, number],
  to: [number, number],
): Scale {
  const scale = linear([Math.log10(low), Math.log10(high)], to);
  return (value) => scale(Math.log10(Math.max(value, low)));
}

/** The powers of ten from below the smallest value to above the largest. */
function powersAround(values: number[]): number[] {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive, 1)));
  const high = Math.ceil(Math.log10(Math.max(...positive, 10)));
  return Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
}

function curve(points: Point[], x: Scale, y: Scale, stroke: string): string {
  let isDown = false;
  const d = points.map((point) => {
    if (!Number.isFinite(point.y)) {
      isDown = false;
      return "";
    }
    const step = `${isDown ? "L" : "M"}${x(point.x).toFixed(1)} ` +
      y(point.y).toFixed(1);
    isDown = true;
    return step;
  }).join("");
  return element("path", { d, fill: "none", stroke, "stroke-width": 1.6 });
}

function dot(x: number, y: number, count: number): string {
  const r = Math.min(6, 2 + Math.log2(1 + count) / 2);
  return element("circle", { cx: x, cy: y, r, fill: LOSS });
}
