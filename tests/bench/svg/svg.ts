// What the charts are drawn with. They bring their own light background, so that they
// can be read on a dark page too.

export const WIDTH = 860;

/** Colours that colour-blind people can tell apart (Okabe and Ito). */
export const COLORS = [
  "#0072b2",
  "#e69f00",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
];
/** For what isn't made of the parts in the legend. */
export const PLAIN = "#8c959f";
export const INK = "#1f2328";
export const FAINT = "#59636e";
export const GRID = "#e4e7eb";

/** An element with its attributes; its content is text or other elements, as SVG. */
export function element(
  name: string,
  attributes: Record<string, string | number>,
  content = "",
): string {
  const list = Object.entries(attributes).map(([key, value]) =>
    ` ${key}="${typeof value === "number" ? rounded(value) : escape(value)}"`
  ).join("");
  return content === ""
    ? `<${name}${list}/>`
    : `<${name}${list}>${content}</${name}>`;
}

export interface TextOptions {
  anchor?: "start" | "middle" | "end";
  size?: number;
  color?: string;
  bold?: boolean;
}

/** A line of text; y is the middle of its letters. */
export function text(
  x: number,
  y: number,
  words: string,
  { anchor = "start", size = 12, color = INK, bold }: TextOptions = {},
): string {
  return element("text", {
    x,
    y: y + size * 0.35,
    "text-anchor": anchor,
    "font-size": size,
    fill: color,
    ...(bold ? { "font-weight": "600" } : {}),
  }, escape(words));
}

export function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  color: string = GRID,
  dashes?: string,
): string {
  const ends: Record<string, string | number> = { x1, y1, x2, y2 };
  if (dashes !== undefined) ends["stroke-dasharray"] = dashes;
  return element("line", { ...ends, stroke: color });
}

export function rectangle(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
): string {
  return element("rect", { x, y, width, height, fill });
}

/** The colours and what they stand for, side by side. */
export function legend(names: string[], x: number, y: number): string {
  return names.map((name, i) => {
    const color = COLORS[i % COLORS.length] ?? INK;
    const drawn = rectangle(x, y - 5, 10, 10, color) + text(x + 15, y, name);
    x += 35 + 6.5 * name.length;
    return drawn;
  }).join("");
}

/** A whole picture with its title. */
export function picture(
  title: string,
  height: number,
  content: string[],
): string {
  const font = "system-ui, -apple-system, 'Segoe UI', Helvetica, sans-serif";
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      "font-family": font,
      role: "img",
    },
    [
      `<title>${escape(title)}</title>`,
      element("rect", {
        x: 0.5,
        y: 0.5,
        width: WIDTH - 1,
        height: height - 1,
        rx: 6,
        fill: "#ffffff",
        stroke: "#d1d9e0",
      }),
      text(20, 26, title, { size: 15, bold: true }),
      ...content,
    ].join("\n"),
  ) + "\n";
}

/** Round numbers from 0 to at least `most`, about five of them. */
export function ticks(most: number): number[] {
  const rough = Math.max(most, Number.MIN_VALUE) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10);
  const count = Math.ceil(most / step - 1e-9);
  return Array.from(
    { length: Math.max(1, count) + 1 },
    (_, i) => Number((i * step).toPrecision(12)),
  );
}

/** 12345.6 as `12,346`; small numbers keep what matters of them. */
export function formatNumber(value: number, digits?: number): string {
  if (digits !== undefined) return value.toFixed(digits).replace(/\.0+$/, "");
  return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escape(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;");
}
