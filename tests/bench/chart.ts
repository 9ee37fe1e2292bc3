import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

// The charts of the benchmarks, drawn by Vega-Lite. They have a light background of their
// own, to be readable on a dark page too.

export interface Part {
  name: string;
  value: number;
}

export interface Bar {
  label: string;
  /** Its parts, in order: the same in all bars, or one without a name. */
  parts: Part[];
  /** The text instead of the bar if it has no parts. */
  absent?: string;
}

export interface BarChart {
  title: string;
  /** The unit of the values. */
  unit: string;
  /** Digits after the decimal point. */
  digits?: number;
  bars: Bar[];
}

export interface Point {
  x: number;
  /** NaN leaves a gap. */
  y: number;
}

/** One of several diagrams, one below the other, with the same axes. */
export interface Panel {
  /** What it shows; empty for the only one. */
  title: string;
  series: { name: string; points: Point[] }[];
  /** The positions of vertical lines. */
  marks?: number[];
  /** The positions of red dots at the upper edge, and how many requests failed there. */
  losses?: { x: number; count: number }[];
}

export interface LineChart {
  title: string;
  x: string;
  y: string;
  /** Whether the y axis is logarithmic. */
  logarithmic?: boolean;
  /** What the marks and the dots mean. */
  explanation?: string;
  panels: Panel[];
}

/** Colours that colour-blind people can tell apart (Okabe and Ito). */
const COLORS = [
  "#0072b2",
  "#e69f00",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
];
/** For bars without the parts in the legend. */
const PLAIN = "#8c959f";
const INK = "#1f2328";
const FAINT = "#59636e";
const LOSS = "#cf222e";
/** The width of the drawing without the labels beside it, in pixels. */
const WIDTH = 760;

/** Horizontal bars with their sums. */
export async function barChart(
  { title, unit, digits, bars }: BarChart,
): Promise<string> {
  const order = bars.map(({ label }) => label);
  const names = [
    ...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name))),
  ];
  const parts = bars.flatMap(({ label, parts }) =>
    parts.map((part, order) => ({ label, order, ...part }))
  );
  const sums = bars.map(({ label, parts, absent = "" }) => {
    const sum = parts.reduce((sum, { value }) => sum + value, 0);
    const isAbsent = parts.length === 0;
    const words = isAbsent ? absent : formatNumber(sum, digits);
    return { label, sum, words, isAbsent };
  });
  const y = { field: "label", type: "nominal", sort: order } as const;
  return await draw({
    title,
    width: 480,
    height: { step: 24 },
    layer: [{
      data: { values: parts },
      mark: { type: "bar", height: 17 },
      encoding: {
        y: { ...y, title: null, axis: { labelColor: INK, labelLimit: 500 } },
        x: {
          field: "value",
          type: "quantitative",
          title: unit,
          axis: { grid: true, tickCount: 5 },
        },
        order: { field: "order" },
        color: {
          field: "name",
          type: "nominal",
          scale: { domain: names, range: names[0] === "" ? [PLAIN] : COLORS },
          legend: names.length > 1 ? { symbolType: "square" } : null,
        },
      },
    }, {
      data: { values: sums },
      mark: { type: "text", align: "left", dx: 6 },
      encoding: {
        y,
        x: { field: "sum", type: "quantitative" },
        text: { field: "words" },
        color: {
          condition: { test: "datum.isAbsent", value: FAINT },
          value: INK,
        },
      },
    }],
  });
}

/** Lines over a common x axis. */
export async function lineChart(chart: LineChart): Promise<string> {
  const { title, explanation, panels, logarithmic } = chart;
  const values = panels.flatMap(({ title: panel, series, ...others }) => {
    const { marks = [], losses = [] } = others;
    return [
      ...series.flatMap(({ name, points }) =>
        points.map(({ x, y }) => ({
          ...{ kind: "point", panel, name, x },
          y: Number.isFinite(y) ? y : null,
        }))
      ),
      ...marks.map((x) => ({ kind: "mark", panel, x })),
      ...losses.map(({ x, count }) => ({ kind: "loss", panel, x, count })),
    ];
  });
  const names = panels[0]?.series.map(({ name }) => name) ?? [];
  const only = (kind: string) => [{ filter: { field: "kind", equal: kind } }];
  const x = {
    field: "x",
    type: "quantitative",
    title: chart.x,
    scale: { nice: false },
    axis: { tickCount: 8 },
  } as const;
  return await draw({
    title: { text: title, subtitle: explanation },
    data: { values },
    spacing: 24,
    facet: {
      row: {
        field: "panel",
        type: "nominal",
        title: null,
        sort: panels.map(({ title }) => title),
        header: {
          labelAnchor: "start",
          labelOrient: "top",
          labelFontSize: 12,
          labelFontWeight: 600,
          labelColor: INK,
        },
      },
    },
    spec: {
      width: WIDTH,
      height: panels.length > 1 ? 170 : 300,
      layer: [{
        transform: only("mark"),
        mark: { type: "rule", strokeDash: [3, 3], color: PLAIN },
        encoding: { x },
      }, {
        transform: only("point"),
        mark: { type: "line", strokeWidth: 1.6 },
        encoding: {
          x,
          y: {
            field: "y",
            type: "quantitative",
            title: chart.y,
            scale: { type: logarithmic ? "log" : "linear" },
            axis: logarithmic
              ? { grid: true, values: powersOfTen() }
              : { grid: true, tickCount: 5 },
          },
          color: {
            field: "name",
            type: "nominal",
            scale: { domain: names, range: COLORS },
            legend: { symbolType: "stroke", symbolStrokeWidth: 3 },
          },
        },
      }, {
        transform: only("loss"),
        mark: { type: "circle", color: LOSS, opacity: 1 },
        encoding: {
          x,
          y: { value: 4 },
          size: {
            field: "count",
            type: "quantitative",
            legend: null,
            scale: { type: "log", domain: [1, 1000], range: [30, 150] },
          },
        },
      }],
    },
  });
}

function powersOfTen(): number[] {
  return Array.from({ length: 12 }, (_, i) => 10 ** (i - 4));
}

async function draw(spec: TopLevelSpec): Promise<string> {
  const { spec: drawn } = compile({
    ...spec,
    padding: 20,
    background: "#ffffff",
    config: {
      font: "system-ui, -apple-system, 'Segoe UI', Helvetica, sans-serif",
      title: {
        anchor: "start",
        frame: "bounds",
        fontSize: 15,
        color: INK,
        subtitleColor: FAINT,
        subtitleFontSize: 12,
        offset: 12,
      },
      axis: {
        domain: false,
        ticks: false,
        grid: false,
        gridColor: "#e4e7eb",
        labelColor: FAINT,
        labelFontSize: 12,
        labelPadding: 8,
        titleColor: FAINT,
        titleFontSize: 12,
        titleFontWeight: "normal",
      },
      view: { stroke: null },
      text: { fontSize: 12, fontWeight: 600 },
      legend: {
        orient: "top",
        title: null,
        labelFontSize: 12,
        labelColor: INK,
      },
    },
  } as TopLevelSpec);
  const view = new View(parse(drawn), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg + "\n";
}

/** 12345.6 as `12,346`. Small numbers keep their significant digits. */
export function formatNumber(value: number, digits?: number): string {
  if (digits !== undefined) return value.toFixed(digits).replace(/\.0+$/, "");
  return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}
